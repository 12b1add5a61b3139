package metastore

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// defaultPort is that of hive.metastore.port.
const defaultPort = "9083"

// ParseURIs takes the value of hive.metastore.uris apart,
// "thrift://hms1:9083,thrift://hms2:9083", into addresses of the form host:port.
// A bare host gets port 9083. An empty text is no addresses.
func ParseURIs(text string) ([]string, error) {
	var addresses []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		address, err := parseURI(part)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	return addresses, nil
}

func parseURI(text string) (string, error) {
	if !strings.Contains(text, "://") {
		text = "thrift://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("metastore address %q: %w", text, err)
	case u.Scheme != "thrift":
		return "", fmt.Errorf("metastore address %q: the scheme is %s, only thrift is possible", text, u.Scheme)
	case u.Hostname() == "" || u.Path != "" && u.Path != "/":
		return "", fmt.Errorf("metastore address %q: want thrift://host:port", text)
	case u.Port() == "":
		return net.JoinHostPort(u.Hostname(), defaultPort), nil
	}
	return net.JoinHostPort(u.Hostname(), u.Port()), nil
}
