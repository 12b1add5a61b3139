package yarnrpc_test

import (
	"errors"
	"strings"
	"testing"

	"weft/yarnrpc"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarntest"
)

// Every quality of protection and every cipher, with messages larger than one packet may be.
func TestTrap05_EveryFrameIsWrappedWhenAgreed(t *testing.T) {
	type protection struct {
		qop    sasl.QOP
		cipher string
	}
	cases := []protection{{sasl.QOPAuth, ""}, {sasl.QOPInt, ""}}
	for _, c := range []string{"3des", "rc4", "des", "rc4-56", "rc4-40"} {
		cases = append(cases, protection{sasl.QOPConf, c})
	}
	for _, k := range cases {
		t.Run(string(k.qop)+" "+k.cipher, func(t *testing.T) {
			p := yarntest.Policy{QOPs: []sasl.QOP{k.qop}}
			if k.cipher != "" {
				p.Ciphers = []string{k.cipher}
			}
			s := tokenServer(t, p) // fails the test when a frame is not wrapped
			o := quick(s.Addr())
			o.User, o.Auth = "somebody else", tokenAuth(goodToken, sasl.QOPConf, sasl.QOPInt, sasl.QOPAuth)
			c := newClient(t, o)
			mustCall(t, c, "echo", "small")
			mustCall(t, c, "echo", strings.Repeat("large ", 24_000))
			mustCall(t, c, "echo", "small again")
			if got := s.Calls("echo")[0].Caller; got != "alice by token" {
				t.Errorf("server sees caller %q", got)
			}
		})
	}
}

func TestTrap05_PlainAnswerIsRefusedWhenWrappingWasAgreed(t *testing.T) {
	s := tokenServer(t, yarntest.Policy{QOPs: []sasl.QOP{sasl.QOPInt}})
	o := quick(s.Addr())
	o.Auth = tokenAuth(goodToken, sasl.QOPInt)
	s.Inject("echo", yarntest.Fault{Plain: true})
	_, err := call(t.Context(), newClient(t, o), "echo", "x")
	if !errors.Is(err, sasl.ErrProtocol) {
		t.Errorf("got %v", err)
	}
}

func TestTrap03_TokenOnlyPortRefusesSimple(t *testing.T) {
	s := tokenServer(t, yarntest.Policy{})
	_, err := call(t.Context(), newClient(t, quick(s.Addr())), "echo", "x") // auth byte 0
	if !errors.Is(err, yarnrpc.ErrDenied) || yarnrpc.ClassOf(err) != yarnrpc.ClassFatal || !strings.Contains(err.Error(), "SIMPLE authentication is not enabled") {
		t.Errorf("without SASL: %v", err)
	}
	o := quick(s.Addr())
	o.Auth = tokenAuth(goodToken)
	mustCall(t, newClient(t, o), "echo", "by token")
}

func TestTokenIsPreferredAndOthersMayUseSimple(t *testing.T) {
	s := tokenServer(t, yarntest.Policy{Simple: true})
	mustCall(t, newClient(t, quick(s.Addr())), "echo", "simple")
	o := quick(s.Addr())
	o.Auth = tokenAuth(goodToken)
	mustCall(t, newClient(t, o), "echo", "token")
	calls := s.Calls("echo")
	if calls[0].Caller != "alice" || calls[1].Caller != "alice by token" {
		t.Errorf("callers %q, %q", calls[0].Caller, calls[1].Caller)
	}
}

func TestWrongTokens(t *testing.T) {
	s := tokenServer(t, yarntest.Policy{})
	for _, tok := range []token.Token{
		{Identifier: []byte("other"), Password: goodToken.Password},
		{Identifier: []byte("id"), Password: []byte("bad-5150")},
	} {
		o := quick(s.Addr())
		o.Auth = tokenAuth(tok)
		_, err := call(t.Context(), newClient(t, o), "echo", "x")
		if !errors.Is(err, yarnrpc.ErrInvalidToken) || !errors.Is(err, yarnrpc.ErrDenied) || yarnrpc.ClassOf(err) != yarnrpc.ClassPermanent {
			t.Errorf("%s: %v", tok.Identifier, err)
		}
		if strings.Contains(err.Error(), "5150") {
			t.Errorf("error shows the password: %v", err)
		}
	}
	if got := s.Opened(); got != 2 {
		t.Errorf("%d connections: a bad token must not be tried again", got)
	}
}

func TestNoCommonProtection(t *testing.T) {
	s := tokenServer(t, yarntest.Policy{QOPs: []sasl.QOP{sasl.QOPAuth}})
	o := quick(s.Addr())
	o.Auth = tokenAuth(goodToken, sasl.QOPConf)
	_, err := call(t.Context(), newClient(t, o), "echo", "x")
	if !errors.Is(err, sasl.ErrNoMechanism) || yarnrpc.ClassOf(err) != yarnrpc.ClassFatal {
		t.Errorf("got %v", err)
	}
}

// A server that wants no authentication must not get calls that were meant to be protected.
func TestDowngradeIsRefused(t *testing.T) {
	s := newServer(t)
	o := quick(s.Addr())
	o.Auth = tokenAuth(goodToken)
	_, err := call(t.Context(), newClient(t, o), "echo", "x")
	if !errors.Is(err, sasl.ErrDowngrade) || yarnrpc.ClassOf(err) != yarnrpc.ClassFatal {
		t.Errorf("got %v", err)
	}
	if n := len(s.Calls("")); n != 0 {
		t.Errorf("%d calls reached the server", n)
	}
}
