package yarnrpc

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/sasl"
)

// Options say how a Client reaches its servers. Addresses is required, Protocol is set by the typed clients; the zero
// value of every other field means the default named with it.
type Options struct {
	// Protocol is the interface to talk to. The typed clients fill it in.
	Protocol hrpc.Protocol
	// Addresses are host:port of all servers that may be the active one, in the order to try them.
	Addresses []string
	// User is who calls, as the server shall see it with SIMPLE authentication. Required unless Auth is set.
	User string
	// RealUser impersonates User and must be allowed to (hadoop.proxyuser.*). Default: nobody does.
	RealUser string
	// Auth returns fresh mechanisms for a new connection to an address, so that it always uses the newest token. Nil
	// means SIMPLE without SASL.
	Auth func(ctx context.Context, address string) ([]sasl.Mechanism, error)
	// CallerContext appears in audit logs; servers cut it at 128 bytes. Default: none.
	CallerContext string

	// ConnectTimeout bounds opening a connection, authentication included. Default 10 s.
	ConnectTimeout time.Duration
	// CallTimeout bounds the wait for one answer. Default 60 s.
	CallTimeout time.Duration
	// PingInterval: a ping is sent when a call has been waiting and nothing was read for so long. Servers close
	// connections that stay silent for much longer. Default 60 s (ipc.ping.interval).
	PingInterval time.Duration
	// IdleClose closes a connection that had no calls for so long. Default 10 s (ipc.client.connection.maxidletime).
	IdleClose time.Duration
	// MaxFrameBytes bounds an answer. Default and upper limit: hrpc.MaxFrameBytes, 128 MiB.
	MaxFrameBytes int

	// RetryFor bounds how long one call looks for a server that answers, over all addresses. Default 60 s; negative:
	// each address is tried once.
	RetryFor time.Duration
	// BackoffBase and BackoffMax bound the pause after a round over all addresses; it doubles from the one to the other
	// and is spread at random by half. Default 200 ms and 5 s.
	BackoffBase, BackoffMax time.Duration

	// Dial opens connections. Default: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Logger receives connection events at debug level, that calls wait for a server at warning level, every 30 s, and
	// that it answers again. Default: none.
	Logger *slog.Logger
}

// withDefaults fills in defaults and refuses what cannot work, all problems at once.
func (o Options) withDefaults() (Options, error) {
	setDuration(&o.ConnectTimeout, 10*time.Second)
	setDuration(&o.CallTimeout, 60*time.Second)
	setDuration(&o.PingInterval, 60*time.Second)
	setDuration(&o.IdleClose, 10*time.Second)
	setDuration(&o.RetryFor, 60*time.Second)
	setDuration(&o.BackoffBase, 200*time.Millisecond)
	setDuration(&o.BackoffMax, 5*time.Second)
	if o.MaxFrameBytes == 0 {
		o.MaxFrameBytes = hrpc.MaxFrameBytes
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, o.check()
}

func (o Options) check() error {
	var problems []error
	if len(o.Addresses) == 0 {
		problems = append(problems, errors.New("no address of a server"))
	}
	for _, a := range o.Addresses {
		if _, _, err := net.SplitHostPort(a); err != nil {
			problems = append(problems, err)
		}
	}
	if o.Protocol.Name == "" {
		problems = append(problems, errors.New("no protocol"))
	}
	if o.User == "" && o.Auth == nil {
		problems = append(problems, errors.New("neither a user nor credentials"))
	}
	if o.MaxFrameBytes < 0 || o.MaxFrameBytes > hrpc.MaxFrameBytes {
		problems = append(problems, errors.New("MaxFrameBytes out of range"))
	}
	for _, d := range []time.Duration{o.ConnectTimeout, o.CallTimeout, o.PingInterval, o.IdleClose, o.BackoffBase, o.BackoffMax} {
		if d < 0 {
			problems = append(problems, errors.New("negative duration"))
		}
	}
	return errors.Join(problems...)
}

func setDuration(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}
