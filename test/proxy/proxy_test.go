package proxy

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// echo is a server that answers each line with itself, in capitals of its own:
// "did <line>".
func echo(t *testing.T) (addr string, seen chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	seen = make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for in := bufio.NewScanner(c); in.Scan(); {
					seen <- in.Text()
					io.WriteString(c, "did "+in.Text()+"\n")
				}
			}()
		}
	}()
	return l.Addr().String(), seen
}

// dial connects through a new proxy.
func dial(t *testing.T) (*Proxy, net.Conn, chan string) {
	t.Helper()
	addr, seen := echo(t)
	p, err := Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return p, c, seen
}

// ask sends a line and waits for the answer.
func ask(t *testing.T, c net.Conn, line string) (string, error) {
	t.Helper()
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	buf := make([]byte, 200)
	n, err := c.Read(buf)
	return string(buf[:n]), err
}

func TestBytesPass(t *testing.T) {
	p, c, _ := dial(t)
	p.Delay(time.Millisecond)
	if got, err := ask(t, c, "one"); got != "did one\n" || err != nil {
		t.Errorf("answer %q, %v", got, err)
	}
}

func TestDropAnswerTo(t *testing.T) {
	p, c, seen := dial(t)
	dropped := p.DropAnswerTo([]byte("COMMIT"))
	if got, err := ask(t, c, "BEGIN"); got != "did BEGIN\n" || err != nil {
		t.Fatalf("answer %q, %v", got, err)
	}
	if got, err := ask(t, c, "COMMIT"); got != "" || err == nil {
		t.Errorf("answer %q, %v: want none", got, err)
	}
	<-dropped
	if first, second := <-seen, <-seen; first != "BEGIN" || second != "COMMIT" {
		t.Errorf("the server saw %q and %q", first, second)
	}
}

func TestCutAfter(t *testing.T) {
	p, c, _ := dial(t)
	p.CutAfter(int64(len("did one\n")))
	if got, err := ask(t, c, "one"); got != "did one\n" || err != nil {
		t.Fatalf("answer %q, %v", got, err)
	}
	if _, err := ask(t, c, "two"); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("error %v, want a reset", err)
	}
}

func TestSilence(t *testing.T) {
	p, c, _ := dial(t)
	p.Silence()
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := ask(t, c, "one"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("error %v, want silence", err)
	}
	c.SetReadDeadline(time.Time{})
	p.Resume()
	buf := make([]byte, 100)
	if n, err := c.Read(buf); string(buf[:n]) != "did one\n" || err != nil {
		t.Errorf("answer %q, %v", buf[:n], err)
	}
}
