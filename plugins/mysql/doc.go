// Package mysql reads MySQL and MariaDB, and what speaks their protocol.
package mysql
