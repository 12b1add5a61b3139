package mysql

import (
	"crypto/tls"
	"time"

	"weft/plugins"
)

// source is one server as the job names it.
type source struct {
	address        string // host:port
	user           string
	password       plugins.Secret
	database       string
	tls            *tls.Config // nil for none
	tlsOptional    bool        // plain is fine if the server has no TLS
	connectTimeout time.Duration
	queryTimeout   time.Duration // until the first row
	idleTimeout    time.Duration // silence in mid-result
}

// setup is a statement that a session starts with.
type setup struct {
	statement string
	// optional: the server may refuse it; proxies and relatives of MySQL do
	// not know every variable.
	optional bool
}

// sessionSetup returns what every session of weft starts with, and after it
// the job's own statements. With the time zone UTC a TIMESTAMP comes as the
// instant it is. Zero dates must be legal in literals, since a position can be
// one. A slow writer may keep a connection idle, and a long read is no
// mistake that a server-side limit should end. One view for all queries of a
// transaction takes the isolation level that InnoDB has by default; who reads
// only is locked out by nothing there. Numbers of rows must not be a day old, and EXPLAIN must have the form that prober.Estimate reads.
func sessionSetup(own []string) []setup {
	list := []setup{
		{statement: "SET NAMES utf8mb4"},
		{statement: "SET SESSION time_zone = '+00:00'"},
		{statement: "SET SESSION sql_mode = REPLACE(REPLACE(REPLACE(@@SESSION.sql_mode, 'NO_ZERO_DATE', ''), " +
			"'NO_ZERO_IN_DATE', ''), 'PAD_CHAR_TO_FULL_LENGTH', '')", optional: true},
		{statement: "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", optional: true},
		{statement: "SET SESSION wait_timeout = 86400 /*M!100101 , max_statement_time = 0 */ /*!50708 , max_execution_time = 0 */ " +
			"/*!80003 , information_schema_stats_expiry = 0 */ /*!80032 , explain_format = 'TRADITIONAL' */", optional: true},
	}
	for _, statement := range own {
		list = append(list, setup{statement: statement})
	}
	return list
}
