package sasl

import (
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"fmt"
)

// A packet of the DIGEST-MD5 layer (RFC 2831, 2.3 and 2.4), as the JDK writes it:
//
//	auth-int    message | MAC (10) | 00 01 | sequence (4)
//	auth-conf   E(message | padding | MAC (10)) | 00 01 | sequence (4)
//
// MAC = the first 10 bytes of HMAC-MD5(Ki, sequence | message). Padding: only for block ciphers, 1 to 8 bytes, each
// holding their number, so that message, padding and MAC fill whole blocks. Sequences count from 0 in each direction.
// Cipher state (CBC chain, RC4 stream) runs on from packet to packet.

const (
	macBytes     = 10
	trailerBytes = 6
	// layerOverheadBytes is the most that a packet adds to its message: padding, MAC, trailer (and 2 spare, as the JDK).
	layerOverheadBytes = 26
)

// cipherOrder lists the ciphers of auth-conf, strongest first, in the JDK's order.
var cipherOrder = []string{"3des", "rc4", "des", "rc4-56", "rc4-40"}

// crypt transforms in place; it keeps its state between calls.
type crypt func(data []byte)

// direction protects the packets of one direction.
type direction struct {
	mac       []byte // Ki
	crypt     crypt  // nil for auth-int
	blockSize int    // 1 without padding
	sequence  uint32
}

type digestLayer struct {
	out, in direction
	limit   int
}

var _ Layer = (*digestLayer)(nil)

// layer derives the keys of both directions; client tells which side we are.
func (s *session) layer(client bool) (Layer, error) {
	if s.qop == QOPAuth {
		return nil, nil
	}
	outName, inName := "client-to-server", "server-to-client"
	if !client {
		outName, inName = inName, outName
	}
	out, err := s.direction(outName, true)
	if err != nil {
		return nil, err
	}
	in, err := s.direction(inName, false)
	if err != nil {
		return nil, err
	}
	return &digestLayer{out: out, in: in, limit: s.peerMaxBuf - layerOverheadBytes}, nil
}

func (s *session) direction(name string, seal bool) (direction, error) {
	ki := md5.Sum([]byte(string(s.ha1[:]) + "Digest session key to " + name + " signing key magic constant"))
	d := direction{mac: ki[:], blockSize: 1}
	if s.qop != QOPConf {
		return d, nil
	}
	// Export ciphers derive the key from fewer bytes of H(A1), but use all of the result.
	n, ok := map[string]int{"3des": 16, "rc4": 16, "des": 16, "rc4-56": 7, "rc4-40": 5}[s.cipher]
	if !ok {
		return d, fmt.Errorf("%w: cipher %q", ErrNoMechanism, s.cipher)
	}
	kc := md5.Sum([]byte(string(s.ha1[:n]) + "Digest H(A1) to " + name + " sealing key magic constant"))
	var err error
	d.crypt, d.blockSize, err = newCrypt(s.cipher, kc, seal)
	return d, err
}

func newCrypt(name string, kc [md5.Size]byte, seal bool) (crypt, int, error) {
	var block cipher.Block
	var err error
	switch name {
	case "3des":
		k1, k2 := expandDESKey(kc[0:7]), expandDESKey(kc[7:14])
		block, err = des.NewTripleDESCipher(append(append(append([]byte(nil), k1...), k2...), k1...))
	case "des":
		block, err = des.NewCipher(expandDESKey(kc[0:7]))
	default:
		stream, err := rc4.NewCipher(kc[:])
		if err != nil {
			return nil, 0, err
		}
		return func(b []byte) { stream.XORKeyStream(b, b) }, 1, nil
	}
	if err != nil {
		return nil, 0, err
	}
	mode := cipher.NewCBCDecrypter(block, kc[8:])
	if seal {
		mode = cipher.NewCBCEncrypter(block, kc[8:])
	}
	return func(b []byte) { mode.CryptBlocks(b, b) }, des.BlockSize, nil
}

// expandDESKey spreads 7 bytes over 8, 7 bits each; the low bit is parity, which DES ignores.
func expandDESKey(k []byte) []byte {
	var bits uint64
	for _, b := range k {
		bits = bits<<8 | uint64(b)
	}
	out := make([]byte, 8)
	for i := range out {
		out[i] = byte(bits>>(49-7*i)) << 1
	}
	return out
}

// Limit is what the peer said it takes, less what a packet adds.
func (l *digestLayer) Limit() int { return l.limit }

// Wrap seals the next piece.
func (l *digestLayer) Wrap(plain []byte) ([]byte, error) {
	if len(plain) > l.limit {
		return nil, fmt.Errorf("wrap: %d bytes, the peer takes %d", len(plain), l.limit)
	}
	d := &l.out
	packet := append(make([]byte, 0, len(plain)+layerOverheadBytes), plain...)
	if d.blockSize > 1 {
		pad := d.blockSize - (len(plain)+macBytes)%d.blockSize
		for range pad {
			packet = append(packet, byte(pad))
		}
	}
	packet = append(packet, d.sum(plain)...)
	if d.crypt != nil {
		d.crypt(packet)
	}
	packet = binary.BigEndian.AppendUint32(append(packet, 0, 1), d.sequence)
	d.sequence++
	return packet, nil
}

// Unwrap opens the next packet and refuses one that was altered, repeated or left out.
func (l *digestLayer) Unwrap(packet []byte) ([]byte, error) {
	d := &l.in
	body, trailer, err := d.split(packet)
	if err != nil {
		return nil, err
	}
	if trailer[0] != 0 || trailer[1] != 1 || binary.BigEndian.Uint32(trailer[2:]) != d.sequence {
		return nil, fmt.Errorf("unwrap: %w: packet type or sequence % x, want sequence %d", ErrProof, trailer, d.sequence)
	}
	body = append([]byte(nil), body...)
	if d.crypt != nil {
		d.crypt(body)
	}
	plain, mac := body[:len(body)-macBytes], body[len(body)-macBytes:]
	if d.blockSize > 1 {
		pad := int(plain[len(plain)-1])
		if pad < 1 || pad > d.blockSize || pad > len(plain) {
			return nil, fmt.Errorf("unwrap: %w: padding", ErrProof)
		}
		plain = plain[:len(plain)-pad]
	}
	if !hmac.Equal(mac, d.sum(plain)) {
		return nil, fmt.Errorf("unwrap: %w: MAC of packet %d", ErrProof, d.sequence)
	}
	d.sequence++
	return plain, nil
}

// split checks the sizes and cuts a packet into its body and its trailer.
func (d *direction) split(packet []byte) (body, trailer []byte, err error) {
	n := len(packet) - trailerBytes
	short := n < macBytes || (d.blockSize > 1 && n < macBytes+1)
	if short || n%d.blockSize != 0 {
		return nil, nil, fmt.Errorf("unwrap: %w: packet of %d bytes", ErrProof, len(packet))
	}
	return packet[:n], packet[n:], nil
}

// sum is the MAC of a message under the current sequence.
func (d *direction) sum(message []byte) []byte {
	h := hmac.New(md5.New, d.mac)
	h.Write(binary.BigEndian.AppendUint32(nil, d.sequence))
	h.Write(message)
	return h.Sum(nil)[:macBytes]
}
