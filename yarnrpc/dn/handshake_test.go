package dn

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/nn"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
)

// server is a DataNode's side of the handshake, then an echo of its own words.
type server struct {
	acceptor sasl.DigestAcceptor
	aes      bool
}

func (s *server) shake(conn net.Conn) (io.ReadWriter, error) {
	in := bufio.NewReader(conn)
	magic := make([]byte, 4)
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != saslMagic {
		return nil, fmt.Errorf("magic % x, %w", magic, err)
	}
	var m pb.DataTransferEncryptorMessageProto
	if err := readMessage(in, &m); err != nil {
		return nil, err
	}
	if err := s.say(conn, &pb.DataTransferEncryptorMessageProto{Payload: s.acceptor.Challenge()}); err != nil {
		return nil, err
	}
	if err := readMessage(in, &m); err != nil {
		return nil, err
	}
	_, proof, layer, err := s.acceptor.Accept(m.Payload)
	if err != nil {
		return nil, err
	}
	final := &pb.DataTransferEncryptorMessageProto{Payload: proof}
	if !s.aes || len(m.CipherOption) == 0 {
		if err := s.say(conn, final); err != nil || layer == nil {
			return conn, err
		}
		return &layerConn{Conn: conn, in: in, layer: layer}, nil
	}
	return s.shakeAES(conn, layer, final)
}

func (s *server) shakeAES(conn net.Conn, layer sasl.Layer, final *pb.DataTransferEncryptorMessageProto) (io.ReadWriter, error) {
	keys := [2][]byte{bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16)}
	ivs := [2][]byte{bytes.Repeat([]byte{3}, 16), bytes.Repeat([]byte{255}, 16)}
	var wrapped [2][]byte
	var streams [2]cipher.Stream
	for i := range keys {
		var err error
		if wrapped[i], err = layer.Wrap(keys[i]); err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(keys[i])
		if err != nil {
			return nil, err
		}
		streams[i] = cipher.NewCTR(block, ivs[i])
	}
	final.CipherOption = []*pb.CipherOptionProto{{Suite: proto.Int32(suiteAESCTR), InKey: wrapped[0], InIv: ivs[0], OutKey: wrapped[1], OutIv: ivs[1]}}
	if err := s.say(conn, final); err != nil {
		return nil, err
	}
	return &aesConn{Conn: conn, in: streams[0], out: streams[1]}, nil
}

func (s *server) say(conn net.Conn, m *pb.DataTransferEncryptorMessageProto) error {
	m.Status = proto.Int32(handshakeFine)
	out, err := appendMessage(nil, m)
	if err != nil {
		return err
	}
	_, err = conn.Write(out)
	return err
}

func TestSecure(t *testing.T) {
	key := &nn.EncryptionKey{ID: 1<<32 - 5, Pool: "BP-1", Nonce: []byte("nonce"), Key: []byte("key")}
	tok := token.Token{Identifier: []byte("block"), Password: []byte("secret")}
	text := base64.StdEncoding.EncodeToString
	passwords := map[string]string{"-5 BP-1 " + text(key.Nonce): text(key.Key), text(tok.Identifier): text(tok.Password)}
	for name, tt := range map[string]struct {
		protection Protection
		offered    []sasl.QOP
		aes        bool
	}{
		"authentication":   {Protection{Token: tok, QOPs: []sasl.QOP{sasl.QOPAuth}}, []sasl.QOP{sasl.QOPAuth}, false},
		"integrity":        {Protection{Token: tok, QOPs: []sasl.QOP{sasl.QOPConf, sasl.QOPInt}}, []sasl.QOP{sasl.QOPInt, sasl.QOPAuth}, false},
		"privacy":          {Protection{Key: key, Token: tok, QOPs: []sasl.QOP{sasl.QOPConf}}, []sasl.QOP{sasl.QOPConf}, false},
		"privacy with AES": {Protection{Key: key, Token: tok, QOPs: []sasl.QOP{sasl.QOPConf}}, []sasl.QOP{sasl.QOPConf}, true},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer ours.Close()
			defer theirs.Close()
			s := &server{aes: tt.aes, acceptor: sasl.DigestAcceptor{QOPs: tt.offered, URI: "hdfs/0",
				Password: func(user string) (string, bool) { p, ok := passwords[user]; return p, ok }}}
			ended := make(chan error, 1)
			go func() { ended <- s.echo(theirs) }()
			conn, err := Secure(ours, tt.protection)
			if err != nil {
				t.Fatal(err, <-ended)
			}
			said := bytesOf(100_000)
			wrote := make(chan error, 1)
			go func() { _, err := conn.Write(said); wrote <- err }()
			heard := make([]byte, len(said))
			if _, err := io.ReadFull(conn, heard); err != nil || !bytes.Equal(heard, said) {
				t.Errorf("the echo differs, %v", err)
			}
			if err := <-wrote; err != nil {
				t.Error(err)
			}
			ours.Close()
			<-ended
		})
	}
}

// echo shakes hands and says again what it hears.
func (s *server) echo(conn net.Conn) error {
	secured, err := s.shake(conn)
	if err != nil {
		conn.Close()
		return err
	}
	_, err = io.Copy(secured, secured)
	return err
}

// scripted is a connection whose other end says what it says.
type scripted struct {
	net.Conn
	in *bytes.Reader
}

func (c scripted) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c scripted) Write(p []byte) (int, error) { return len(p), nil }

func TestSecureRefused(t *testing.T) {
	for want, m := range map[error]*pb.DataTransferEncryptorMessageProto{
		ErrExpiredKey: {Status: proto.Int32(unknownKey)},
		&Refusal{}:    {Status: proto.Int32(2), Message: proto.String("no"), AccessTokenError: proto.Bool(true)},
	} {
		wire, err := appendMessage(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Secure(scripted{in: bytes.NewReader(wire)}, Protection{QOPs: []sasl.QOP{sasl.QOPAuth}})
		var refusal *Refusal
		if !errors.Is(err, want) && (!errors.As(err, &refusal) || refusal.Status != StatusAccessToken) {
			t.Errorf("%v becomes %v", m, err)
		}
	}
}

func FuzzSecure(f *testing.F) {
	challenge := []byte(`realm="0",nonce="abc",qop="auth,auth-int,auth-conf",charset=utf-8,cipher="3des,rc4",algorithm=md5-sess`)
	wire, err := appendMessage(nil, &pb.DataTransferEncryptorMessageProto{Status: proto.Int32(0), Payload: challenge})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire)
	f.Add(append(wire, 4, 8, 0, 18, 0))
	f.Fuzz(func(_ *testing.T, wire []byte) {
		for _, q := range []sasl.QOP{sasl.QOPAuth, sasl.QOPInt, sasl.QOPConf} {
			Secure(scripted{in: bytes.NewReader(wire)}, Protection{QOPs: []sasl.QOP{q}})
		}
	})
}
