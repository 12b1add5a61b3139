package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"weft/plugins"
)

// TLS says whether and how the connection is encrypted.
type TLS struct {
	// Mode is off, preferred (encrypt if the server can, check nothing),
	// required (encrypt, check nothing), verify-ca (check who signed the
	// server's certificate) or verify-full (its host name too).
	Mode string `json:"mode"`
	// CA is a file of PEM certificates that may sign the server's; empty
	// for those of the system.
	CA string `json:"ca"`
	// Cert and Key are files with the client's own certificate, for
	// accounts that require one.
	Cert string `json:"cert"`
	Key  string `json:"key"`
	// ServerName is the name to check, if it is not the host of the URL.
	ServerName string `json:"serverName"`
}

// The modes of TLS.
const (
	tlsOff        = "off"
	tlsPreferred  = "preferred"
	tlsRequired   = "required"
	tlsVerifyCA   = "verify-ca"
	tlsVerifyFull = "verify-full"
)

var tlsModes = []string{tlsOff, tlsPreferred, tlsRequired, tlsVerifyCA, tlsVerifyFull}

func (t TLS) validate() []plugins.Finding {
	var found []plugins.Finding
	if (t.Cert == "") != (t.Key == "") {
		found = append(found, configFinding("tls.cert", "cert and key belong together; one of them is missing", ""))
	}
	return found
}

// jdbcTLS translates Connector/J's settings to a mode; "" if they say nothing.
// sslMode is the one of version 8, the others are those of version 5. A value
// that nobody knows is returned as it stands, so that it is refused: it must not
// end in a connection that is weaker than its author meant.
func jdbcTLS(p map[string]string) string {
	switch mode := strings.ToUpper(p["sslmode"]); mode {
	case "DISABLED", "DISABLE":
		return tlsOff
	case "PREFERRED":
		return tlsPreferred
	case "REQUIRED", "TRUST":
		return tlsRequired
	case "VERIFY_CA", "VERIFY-CA":
		return tlsVerifyCA
	case "VERIFY_IDENTITY", "VERIFY-FULL":
		return tlsVerifyFull
	case "":
	default:
		return "sslMode=" + p["sslmode"]
	}
	switch yes := func(name string) bool { return strings.EqualFold(p[name], "true") }; {
	case strings.EqualFold(p["usessl"], "false"):
		return tlsOff
	case yes("usessl") && yes("verifyservercertificate"):
		return tlsVerifyCA
	case yes("usessl") && yes("requiressl"):
		return tlsRequired
	case yes("usessl"):
		return tlsPreferred
	case p["usessl"] != "":
		return "useSSL=" + p["usessl"]
	}
	return ""
}

// config returns the settings for a connection to address, nil for none.
// It reads the files.
func (t TLS) config(address string) (*tls.Config, error) {
	if t.Mode == tlsOff {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if t.ServerName != "" {
		c.ServerName = t.ServerName
	}
	if t.CA != "" {
		if c.RootCAs, err = readAuthorities(t.CA); err != nil {
			return nil, err
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("read the client's certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	switch t.Mode {
	case tlsPreferred, tlsRequired:
		c.InsecureSkipVerify = true
	case tlsVerifyCA:
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(s tls.ConnectionState) error { return verifyChain(s, c.RootCAs) }
	}
	return c, nil
}

func readAuthorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read certificate authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read certificate authorities: no certificate in %s", path)
	}
	return pool, nil
}

// verifyChain checks the server's certificate without its name.
func verifyChain(s tls.ConnectionState, roots *x509.CertPool) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("the server has no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}
