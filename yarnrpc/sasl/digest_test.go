package sasl

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"weft/yarnrpc/token"
)

// vector is one exchange recorded from the DIGEST-MD5 provider of JDK 17 (testdata/jdk17.txt). Lines:
//
//	CASE cipher | CH challenge | RS client's response | FN server's last message
//	CW plain|packet, client to server    SW plain|packet, server to client
type vector struct {
	name, challenge, response, final string
	client, server                   [][2]string
}

const (
	vectorUser     = "CgYIARACAw=="
	vectorPassword = "AAECAwQFBgcICQoLDA0ODxAREhM="
)

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/jdk17.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	for line := range strings.Lines(string(text)) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind == "CASE" {
			out = append(out, vector{name: rest})
			continue
		}
		v := &out[len(out)-1]
		plain, packet, _ := strings.Cut(rest, "|")
		switch kind {
		case "CH":
			v.challenge = rest
		case "RS":
			v.response = rest
		case "FN":
			v.final = rest
		case "CW":
			v.client = append(v.client, [2]string{plain, packet})
		case "SW":
			v.server = append(v.server, [2]string{plain, packet})
		}
	}
	return out
}

// replay runs our client against a recorded challenge, with the recorded client nonce and choice of cipher.
func (v vector) replay(t testing.TB) (*Digest, []byte) {
	t.Helper()
	recorded, err := parseDirectives(v.response)
	if err != nil {
		t.Fatal(err)
	}
	challenge := v.challenge
	if c := recorded["cipher"]; c != "" {
		challenge = strings.Replace(challenge, "3des,rc4,des,rc4-56,rc4-40", c, 1)
	}
	d := NewDigest(DigestOptions{Username: vectorUser, Password: vectorPassword, Server: "default",
		QOPs: []QOP{QOPConf, QOPInt, QOPAuth}, cnonce: recorded["cnonce"]})
	response, err := d.Respond([]byte(challenge))
	if err != nil {
		t.Fatal(err)
	}
	return d, response
}

func TestDigestAgreesWithTheJDK(t *testing.T) {
	all := vectors(t)
	if len(all) != 6 {
		t.Fatalf("%d recorded exchanges, want 6", len(all))
	}
	for _, v := range all {
		t.Run(v.name, func(t *testing.T) {
			d, response := v.replay(t)
			if string(response) != v.response {
				t.Errorf("response\n got %s\nwant %s", response, v.response)
			}
			layer, err := d.Verify([]byte(v.final))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range v.client {
				got, err := layer.Wrap([]byte(p[0]))
				if err != nil || hex.EncodeToString(got) != p[1] {
					t.Errorf("wrap %q: %x, %v, want %s", p[0], got, err, p[1])
				}
			}
			for _, p := range v.server {
				packet, _ := hex.DecodeString(p[1])
				got, err := layer.Unwrap(packet)
				if err != nil || string(got) != p[0] {
					t.Errorf("unwrap: %q, %v, want %q", got, err, p[0])
				}
			}
		})
	}
}

func TestLayerRefusesAlteredRepeatedAndMissingPackets(t *testing.T) {
	for _, v := range vectors(t) {
		first, _ := hex.DecodeString(v.server[0][1])
		second, _ := hex.DecodeString(v.server[1][1])
		fresh := func() Layer {
			d, _ := v.replay(t)
			l, err := d.Verify([]byte(v.final))
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		for i := range first {
			bad := bytes.Clone(first)
			bad[i] ^= 1
			if _, err := fresh().Unwrap(bad); !errors.Is(err, ErrProof) {
				t.Errorf("%s: byte %d altered: %v", v.name, i, err)
			}
		}
		for n := range first {
			if _, err := fresh().Unwrap(first[:n]); !errors.Is(err, ErrProof) {
				t.Errorf("%s: cut to %d bytes: %v", v.name, n, err)
			}
		}
		if _, err := fresh().Unwrap(second); !errors.Is(err, ErrProof) {
			t.Errorf("%s: first packet missing: %v", v.name, err)
		}
		l := fresh()
		if _, err := l.Unwrap(first); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
		if _, err := l.Unwrap(first); !errors.Is(err, ErrProof) {
			t.Errorf("%s: repeated packet: %v", v.name, err)
		}
	}
}

func TestTrap05_ServerMustProveItself(t *testing.T) {
	for _, v := range vectors(t) {
		for _, final := range []string{"", "rspauth=", "rspauth=00000000000000000000000000000000", strings.ToUpper(v.final)} {
			d, _ := v.replay(t)
			if _, err := d.Verify([]byte(final)); err == nil {
				t.Errorf("%s: server's proof %q was accepted", v.name, final)
			}
		}
	}
	if _, err := NewToken(token.Token{}).Finish(nil); !errors.Is(err, ErrProtocol) {
		t.Errorf("success before anything: %v", err)
	}
}

func TestTrap04_UserAndPasswordAreBase64Text(t *testing.T) {
	v := vectors(t)[0]
	identifier, _ := base64.StdEncoding.DecodeString(vectorUser)
	password, _ := base64.StdEncoding.DecodeString(vectorPassword)
	m := NewToken(token.Token{Identifier: identifier, Password: password}, QOPConf)
	response, err := m.Start(Offer{ServerID: "default", Challenge: []byte(v.challenge)})
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseDirectives(string(response))
	if err != nil || d["username"] != vectorUser || d["digest-uri"] != "/default" {
		t.Errorf("response %s, %v", response, err)
	}
	a := DigestAcceptor{QOPs: []QOP{QOPConf}, URI: "/default", nonce: d["nonce"], Password: func(user string) (string, bool) {
		return vectorPassword, user == vectorUser
	}}
	if _, _, _, err := a.Accept(response); err != nil {
		t.Errorf("acceptor: %v", err)
	}
}

func TestBadChallenges(t *testing.T) {
	for _, c := range []string{
		"", "nonce", `nonce="x`, `nonce="x",nonce="y",algorithm=md5-sess`, `realm="r",algorithm=md5-sess`, `nonce="x",algorithm=md5`,
		`nonce="x",algorithm=md5-sess,qop="auth-conf",cipher="aes"`, `nonce="x",algorithm=md5-sess,qop="auth-future"`,
		`nonce="x",algorithm=md5-sess,maxbuf=0`, `nonce="x",algorithm=md5-sess,maxbuf=99999999`,
	} {
		d := NewDigest(DigestOptions{QOPs: []QOP{QOPConf, QOPAuth}})
		if _, err := d.Respond([]byte(c)); err == nil {
			t.Errorf("challenge %q: no error", c)
		}
	}
}

func TestMaxbufBoundsPackets(t *testing.T) {
	d := NewDigest(DigestOptions{QOPs: []QOP{QOPInt}})
	if _, err := d.Respond([]byte(`nonce="x",algorithm=md5-sess,qop="auth-int",maxbuf=1024`)); err != nil {
		t.Fatal(err)
	}
	l, err := d.session.layer(true)
	if err != nil || l.Limit() >= 1024 {
		t.Fatalf("limit %d, %v", l.Limit(), err)
	}
	packet, err := l.Wrap(make([]byte, l.Limit()))
	if err != nil || len(packet) > 1024 {
		t.Errorf("packet of %d bytes, %v", len(packet), err)
	}
	if _, err := l.Wrap(make([]byte, l.Limit()+1)); err == nil {
		t.Error("a piece above the limit was wrapped")
	}
}

func TestParseQOPs(t *testing.T) {
	for in, want := range map[string]string{"": "auth", "privacy": "auth-conf", "integrity, authentication": "auth-int auth"} {
		got, err := ParseQOPs(in)
		var words []string
		for _, q := range got {
			words = append(words, string(q))
		}
		if err != nil || strings.Join(words, " ") != want {
			t.Errorf("%q: %v, %v, want %s", in, got, err, want)
		}
	}
	if _, err := ParseQOPs("secret"); err == nil {
		t.Error("unknown protection: no error")
	}
}

func FuzzRespond(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add([]byte(v.challenge))
	}
	f.Add([]byte(`a="\"\\",b=`))
	f.Fuzz(func(t *testing.T, challenge []byte) {
		d := NewDigest(DigestOptions{Username: "u", Password: "p", QOPs: []QOP{QOPConf, QOPInt, QOPAuth}})
		response, err := d.Respond(challenge)
		if err != nil {
			return
		}
		if _, err := parseDirectives(string(response)); err != nil {
			t.Errorf("challenge %q made an unreadable response %q: %v", challenge, response, err)
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	all := vectors(f)
	for i, v := range all {
		packet, _ := hex.DecodeString(v.server[0][1])
		f.Add(i, packet)
	}
	f.Fuzz(func(t *testing.T, which int, packet []byte) {
		v := all[uint(which)%uint(len(all))]
		d, _ := v.replay(t)
		l, err := d.Verify([]byte(v.final))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := l.Unwrap(packet)
		if err == nil && string(plain) != v.server[0][0] {
			t.Errorf("a packet that nobody made was accepted: %x", packet)
		}
	})
}
