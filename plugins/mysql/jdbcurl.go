package mysql

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

// schemes that are accepted before host, database and parameters. The kinds
// of clustering that Connector/J has are all read as "try in this order".
var schemes = []string{"jdbc:mysql://", "jdbc:mariadb://", "jdbc:mysql:loadbalance://", "jdbc:mysql:replication://",
	"jdbc:mysql:failover://", "jdbc:mariadb:failover://", "mysql://", "mariadb://"}

// parseURL takes apart jdbc:mysql://host1[:port],host2[:port]/database?a=b&c=d
// and mysql://user:password@host:port/database. Errors never quote the URL:
// it may hold a password.
func parseURL(text string) (target, error) {
	t := target{parameters: make(map[string]string)}
	i := slices.IndexFunc(schemes, func(s string) bool { return strings.HasPrefix(strings.ToLower(text), s) })
	if i < 0 {
		return t, errors.New("a URL begins with jdbc:mysql:// or mysql://")
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

// parseAddress completes host, host:port, [v6] or [v6]:port by the port 3306.
func parseAddress(text string) (string, error) {
	if strings.ContainsAny(text, "()=") {
		return "", errors.New("the address=(...) form is not understood; write host:port")
	}
	host, port := text, "3306"
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

// silent are parameters of Connector/J that have no effect here and whose
// absence nobody would notice: encodings (always utf8mb4), batching of
// writes, cursors, pools, the driver's own caches.
var silent = []string{"useunicode", "characterencoding", "usecursorfetch", "rewritebatchedstatements", "autoreconnect",
	"failoverreadonly", "allowmultiqueries", "allowpublickeyretrieval", "useserverprepstmts", "cacheprepstmts",
	"prepstmtcachesize", "prepstmtcachesqllimit", "useoldaliasmetadatabehavior", "nullcatalogmeanscurrent",
	"useinformationschema", "usecompression", "maxreconnects", "tcpkeepalive", "defaultfetchsize", "characterset",
	"uselocalsessionstate", "maintaintimestats", "elidesetautocommits", "cacheserverconfiguration", "remarks",
	"useaffectedrows", "dontracktopenresources", "autoreconnectforpools", "permitmysqlscheme"}

// noted are parameters whose meaning weft fixes; the note says how.
var noted = map[string]string{
	"servertimezone":                   "a DATETIME is wall-clock time and is never shifted, a TIMESTAMP is an instant",
	"uselegacydatetimecode":            "a DATETIME is wall-clock time and is never shifted, a TIMESTAMP is an instant",
	"usetimezone":                      "a DATETIME is wall-clock time and is never shifted, a TIMESTAMP is an instant",
	"usejdbccomplianttimezoneshift":    "a DATETIME is wall-clock time and is never shifted, a TIMESTAMP is an instant",
	"usegmtmillisfordatetimes":         "a DATETIME is wall-clock time and is never shifted, a TIMESTAMP is an instant",
	"connectiontimezone":               "a DATETIME is wall-clock time and is never shifted, a TIMESTAMP is an instant",
	"forceconnectiontimezonetosession": "a DATETIME is wall-clock time and is never shifted, a TIMESTAMP is an instant",
	"tinyint1isbit":                    "a TINYINT(1) stays an integer",
	"transformedbitisboolean":          "a BIT stays an integer",
	"yearisdatetype":                   "a YEAR is an integer",
}
