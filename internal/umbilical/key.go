package umbilical

import (
	"crypto/hmac"
	"crypto/sha256"
)

// SecretBytes is the size of an application secret and of every key made of it.
const SecretBytes = 32

// ClientName is the name under which `weft submit` and `weft status` introduce
// themselves. They may ask for the status and nothing else.
const ClientName = "client"

// ContainerKey returns the key of one container: what its credentials hold, so
// that it can prove who it is and pose as nobody else.
func ContainerKey(secret []byte, container string) []byte {
	return derive(secret, "container", container)
}

// ClientKey returns the key by which clients prove that they can read the run's
// key file.
func ClientKey(runKey []byte) []byte { return derive(runKey, "client", "") }

// derive is HMAC-SHA256 (RFC 2104) over a label and a name that cannot run into
// one another.
func derive(secret []byte, label, name string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("weft " + label + "\x00" + name))
	return mac.Sum(nil)
}
