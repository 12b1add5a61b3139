package postgresql

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"weft/plugins"
)

// target is what a URL of a job file says.
type target struct {
	addresses  []string // host:port, to be tried in this order
	database   string
	user       string
	password   plugins.Secret
	parameters map[string]string // names in lower case
}

// schemes that are accepted before host, database and parameters.
var schemes = []string{"jdbc:postgresql://", "jdbc:pgsql://", "postgresql://", "postgres://"}

// schema returns the first schema of the parameter currentSchema, or "".
func (t target) schema() string {
	first, _, _ := strings.Cut(pick(t.parameters["currentschema"] != "", t.parameters["currentschema"], t.parameters["searchpath"]), ",")
	return strings.Trim(strings.TrimSpace(first), `"`)
}

// parseURL takes apart jdbc:postgresql://host1[:port],host2[:port]/database?a=b&c=d
// and postgresql://user:password@host:port/database. Errors never quote the URL:
// it may hold a password.
func parseURL(text string) (target, error) {
	t := target{parameters: make(map[string]string)}
	i := slices.IndexFunc(schemes, func(s string) bool { return strings.HasPrefix(strings.ToLower(text), s) })
	if i < 0 {
		return t, errors.New("a URL begins with jdbc:postgresql:// or postgresql://")
	}
	rest, query, _ := strings.Cut(text[len(schemes[i]):], "?")
	authority, database, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if err := t.parseUser(authority[:at]); err != nil {
			return t, err
		}
		authority = authority[at+1:]
	}
	var err error
	if t.database, err = url.PathUnescape(strings.TrimSpace(database)); err != nil {
		return t, fmt.Errorf("the name of the database: %w", err)
	}
	for host := range strings.SplitSeq(authority, ",") {
		address, err := parseAddress(strings.TrimSpace(host))
		if err != nil {
			return t, err
		}
		t.addresses = append(t.addresses, address)
	}
	return t, t.parseParameters(query)
}

func (t *target) parseUser(text string) error {
	name, secret, _ := strings.Cut(text, ":")
	name, err1 := url.PathUnescape(name)
	secret, err2 := url.PathUnescape(secret)
	if err1 != nil || err2 != nil {
		return errors.New("user and password before the @ are not percent-encoded as a URL wants it")
	}
	t.user, t.password = name, plugins.NewSecret(secret)
	return nil
}

// parseAddress completes host, host:port, [v6] or [v6]:port by the port 5432.
func parseAddress(text string) (string, error) {
	if strings.ContainsAny(text, "()=") {
		return "", errors.New("the address=(...) form is not understood; write host:port")
	}
	host, port := text, "5432"
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") {
		host, port = text[:i], text[i+1:]
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", fmt.Errorf("port %q is no number from 1 to 65535", port)
	}
	if host == "" {
		return "", errors.New("the host is missing")
	}
	return net.JoinHostPort(host, port), nil
}

// parseParameters reads a=b&c=d, with &amp; for & as it stands in files that
// were copied out of XML.
func (t *target) parseParameters(query string) error {
	query = strings.ReplaceAll(query, "&amp;", "&")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		value, err := url.QueryUnescape(value)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
		switch name {
		case "user":
			t.user = value
		case "password":
			t.password = plugins.NewSecret(value)
		default:
			t.parameters[name] = value
		}
	}
	return nil
}

// silent are parameters of pgjdbc that have no effect here and whose absence
// nobody would notice: batching of writes, caches, fetch sizes, encodings.
var silent = []string{"rewritebatchedinserts", "rewritebatchedstatements", "preparethreshold", "preparedstatementcachequeries",
	"preparedstatementcachesizemib", "defaultrowfetchsize", "binarytransfer", "tcpkeepalive", "applicationname", "loginTimeout",
	"logintimeout", "autosave", "stringtype", "useunicode", "characterencoding", "charset", "loadbalancehosts", "loglevel",
	"loggerlevel", "adaptivefetch", "readonly", "assumeminserverversion", "reversequery", "gssencmode", "options"}

// noted are parameters whose meaning weft fixes; the note says how.
var noted = map[string]string{
	"targetservertype": "the addresses are tried in their order; the first that answers is taken",
	"servertimezone":   "a timestamp is wall-clock time and is never shifted, a timestamptz is an instant",
}
