package dn

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"net"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/nn"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
)

// saslMagic opens a handshake where a version would open a request (DataTransferSaslUtil.SASL_TRANSFER_MAGIC_NUMBER).
const saslMagic = "\xDE\xAD\xBE\xEF"

const (
	suiteAESCTR   = 2 // CipherSuiteProto
	unknownKey    = 1 // DataTransferEncryptorStatus: the data encryption key has expired
	handshakeFine = 0
)

// ErrExpiredKey: the DataNode no longer knows the data encryption key; fetch the current one.
var ErrExpiredKey = errors.New("data encryption key is unknown to the data node")

// Protection says how a connection is secured.
type Protection struct {
	// Key is used where the cluster encrypts data transfer (dfs.encrypt.data.transfer), else nil.
	Key *nn.EncryptionKey
	// Token of the block proves our right where there is no key.
	Token token.Token
	// QOPs are the acceptable qualities, best first (dfs.data.transfer.protection). With a key it is sasl.QOPConf.
	QOPs []sasl.QOP
}

func (p Protection) digest() *sasl.Digest {
	o := sasl.DigestOptions{Protocol: "hdfs", Server: "0", QOPs: p.QOPs}
	text := base64.StdEncoding.EncodeToString
	if p.Key != nil {
		// The id is signed in the text (SaslDataTransferClient, getUserNameFromEncryptionKey).
		o.Username = fmt.Sprintf("%d %s %s", int32(p.Key.ID), p.Key.Pool, text(p.Key.Nonce))
		o.Password = text(p.Key.Key)
	} else {
		o.Username, o.Password = text(p.Token.Identifier), text(p.Token.Password)
	}
	return sasl.NewDigest(o)
}

// Secure runs the handshake on a fresh connection and returns the one to go on with, protected as was agreed
// (DataTransferSaslUtil, SaslDataTransferClient):
//
//	magic, message without payload  ->
//	                               <-   DIGEST-MD5 challenge
//	response [, wish for AES]       ->
//	                               <-   proof of the server [, keys for AES, wrapped]
//
// Deadlines are the caller's.
func Secure(conn net.Conn, p Protection) (net.Conn, error) {
	secured, err := secure(conn, p)
	if err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	return secured, nil
}

func secure(conn net.Conn, p Protection) (net.Conn, error) {
	in := bufio.NewReader(conn)
	hello := &pb.DataTransferEncryptorMessageProto{Status: proto.Int32(handshakeFine), Payload: []byte{}}
	challenge, err := exchange(conn, in, saslMagic, hello)
	if err != nil {
		return nil, err
	}
	digest := p.digest()
	response, err := digest.Respond(challenge.Payload)
	if err != nil {
		return nil, err
	}
	answer := &pb.DataTransferEncryptorMessageProto{Status: proto.Int32(handshakeFine), Payload: response}
	if p.QOPs[0] == sasl.QOPConf {
		answer.CipherOption = []*pb.CipherOptionProto{{Suite: proto.Int32(suiteAESCTR)}}
	}
	final, err := exchange(conn, in, "", answer)
	if err != nil {
		return nil, err
	}
	layer, err := digest.Verify(final.Payload)
	switch {
	case err != nil:
		return nil, err
	case layer == nil:
		return conn, nil
	case len(final.CipherOption) > 0:
		return newAESConn(conn, layer, final.CipherOption[0])
	}
	return &layerConn{Conn: conn, in: in, layer: layer}, nil
}

// exchange sends a message and reads the answer.
func exchange(conn net.Conn, in *bufio.Reader, prefix string, m *pb.DataTransferEncryptorMessageProto) (*pb.DataTransferEncryptorMessageProto, error) {
	out, err := appendMessage([]byte(prefix), m)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(out); err != nil {
		return nil, err
	}
	var resp pb.DataTransferEncryptorMessageProto
	if err := readMessage(in, &resp); err != nil {
		return nil, err
	}
	switch {
	case resp.GetStatus() == unknownKey:
		return nil, ErrExpiredKey
	case resp.GetAccessTokenError():
		return nil, &Refusal{Status: StatusAccessToken, Message: resp.GetMessage()}
	case resp.GetStatus() != handshakeFine:
		return nil, &Refusal{Status: 1, Message: resp.GetMessage()}
	}
	return &resp, nil
}

// layerConn wraps what it carries in SASL packets, each behind its length as int32.
type layerConn struct {
	net.Conn
	in    *bufio.Reader
	layer sasl.Layer
	plain []byte // unwrapped, not yet read
}

// maxWrappedBytes bounds a packet of the peer.
const maxWrappedBytes = 1 << 24

// Read implements net.Conn.
func (c *layerConn) Read(p []byte) (int, error) {
	for len(c.plain) == 0 {
		packet, err := readWrapped(c.in)
		if err != nil {
			return 0, err
		}
		if c.plain, err = c.layer.Unwrap(packet); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.plain)
	c.plain = c.plain[n:]
	return n, nil
}

// Write implements net.Conn.
func (c *layerConn) Write(p []byte) (int, error) {
	total := 0
	for len(p) > 0 {
		n := min(len(p), c.layer.Limit())
		packet, err := c.layer.Wrap(p[:n])
		if err != nil {
			return total, err
		}
		if _, err := c.Conn.Write(append(putLength(len(packet)), packet...)); err != nil {
			return total, err
		}
		total, p = total+n, p[n:]
	}
	return total, nil
}

// aesConn carries AES-CTR streams; the SASL layer has only protected their keys.
type aesConn struct {
	net.Conn
	in, out cipher.Stream
	buf     []byte
}

// newAESConn takes the keys out of the server's choice: "in" is what comes in at the server.
func newAESConn(conn net.Conn, layer sasl.Layer, o *pb.CipherOptionProto) (net.Conn, error) {
	if o.GetSuite() != suiteAESCTR {
		return nil, fmt.Errorf("cipher suite %d was not offered", o.GetSuite())
	}
	out, err := stream(layer, o.InKey, o.InIv)
	if err != nil {
		return nil, err
	}
	in, err := stream(layer, o.OutKey, o.OutIv)
	if err != nil {
		return nil, err
	}
	return &aesConn{Conn: conn, in: in, out: out}, nil
}

func stream(layer sasl.Layer, wrapped, iv []byte) (cipher.Stream, error) {
	key, err := layer.Unwrap(wrapped)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if len(iv) != block.BlockSize() {
		return nil, fmt.Errorf("%d bytes of AES counter, want %d", len(iv), block.BlockSize())
	}
	return cipher.NewCTR(block, iv), nil
}

// Read implements net.Conn.
func (c *aesConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.in.XORKeyStream(p[:n], p[:n])
	return n, err
}

// Write implements net.Conn.
func (c *aesConn) Write(p []byte) (int, error) {
	c.buf = append(c.buf[:0], p...)
	c.out.XORKeyStream(c.buf, c.buf)
	return c.Conn.Write(c.buf)
}
