package metastore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"weft/internal/metastore/thrift"
)

// The kinds of tables (TableType).
const (
	External = "EXTERNAL_TABLE"
	Managed  = "MANAGED_TABLE"
	View     = "VIRTUAL_VIEW"
)

// Table is a table as the metastore has it.
type Table struct {
	Database, Name string
	// Owner is a user.
	Owner string
	// Kind is External, Managed, View or another TableType.
	Kind          string
	Storage       Storage
	PartitionKeys []Column
	Parameters    map[string]string

	raw thrift.Struct
}

// The fields of Table.
const (
	tableName, tableDatabase, tableOwner, tableCreated       = 1, 2, 3, 4
	tableStorage, tableKeys, tableParameters                 = 7, 8, 9
	tableKind                                          int16 = 12
)

// String names the table.
func (t *Table) String() string { return t.Database + "." + t.Name }

// Transactional says that files may be written by Hive only (ACID).
func (t *Table) Transactional() bool { return strings.EqualFold(t.Parameters["transactional"], "true") }

func tableOf(s thrift.Struct) *Table {
	return &Table{Database: s.String(tableDatabase), Name: s.String(tableName), Owner: s.String(tableOwner), Kind: s.String(tableKind),
		Storage: storageOf(s.Struct(tableStorage)), PartitionKeys: columnsOf(s.Structs(tableKeys)),
		Parameters: s.StringMap(tableParameters), raw: s}
}

func (t *Table) encode() thrift.Struct {
	raw := t.raw
	if raw == nil {
		raw = thrift.Struct{{ID: tableCreated, Value: int32(time.Now().Unix())}}
	}
	return raw.With(tableName, t.Name).With(tableDatabase, t.Database).With(tableOwner, t.Owner).With(tableStorage, t.Storage.encode()).
		With(tableKeys, encodeColumns(t.PartitionKeys)).With(tableParameters, thrift.StringMap(t.Parameters)).With(tableKind, t.Kind)
}

// Database is a database as the metastore has it.
type Database struct {
	Name string
	// Location is where its managed tables lie.
	Location string
}

// Database returns a database; ErrNotFound if there is none.
func (c *Client) Database(ctx context.Context, name string) (Database, error) {
	m := method{"get_database", []string{noSuchObject, metaException}}
	r, err := c.call(ctx, "get database "+name, m, thrift.Struct{{ID: 1, Value: name}})
	if err != nil {
		return Database{}, err
	}
	return Database{Name: r.Struct(0).String(1), Location: r.Struct(0).String(3)}, nil
}

// Table returns a table; ErrNotFound if there is none.
func (c *Client) Table(ctx context.Context, database, name string) (*Table, error) {
	op := fmt.Sprintf("get table %s.%s", database, name)
	exceptions := []string{metaException, noSuchObject}
	request := thrift.Struct{{ID: 1, Value: database}, {ID: 2, Value: name}}
	r, err := c.call(ctx, op, method{"get_table_req", exceptions}, thrift.Struct{{ID: 1, Value: request}})
	if err == nil {
		return tableOf(r.Struct(0).Struct(1)), nil
	}
	var refused *thrift.Exception
	if !errors.As(err, &refused) || refused.Kind != thrift.ExceptionUnknownMethod {
		return nil, err
	}
	if r, err = c.call(ctx, op, method{"get_table", exceptions}, request); err != nil {
		return nil, err
	}
	return tableOf(r.Struct(0)), nil
}

// EnsureTable creates an external table unless there is a table of that name,
// and returns what stands there; nobody compares the two. The answer of a create
// may be lost, so it is always read back.
func (c *Client) EnsureTable(ctx context.Context, want *Table) (*Table, error) {
	got, err := c.Table(ctx, want.Database, want.Name)
	if !errors.Is(err, ErrNotFound) {
		return got, err
	}
	made := *want
	made.Kind, made.Parameters = External, map[string]string{"EXTERNAL": "TRUE"} // without it Hive 3 and later make it managed
	for key, value := range want.Parameters {
		made.Parameters[key] = value
	}
	m := method{"create_table", []string{alreadyExists, invalidObject, metaException, noSuchObject}}
	_, err = c.call(ctx, "create table "+want.String(), m, thrift.Struct{{ID: 1, Value: made.encode()}})
	if err != nil && !errors.Is(err, ErrExists) {
		return nil, err
	}
	return c.Table(ctx, want.Database, want.Name)
}

// AlterTable puts a table in place of the one of its name. Take it from Table
// and change what is to change; statistics stand in Parameters (numRows,
// totalSize).
func (c *Client) AlterTable(ctx context.Context, t *Table) error {
	m := method{"alter_table", []string{invalidOperation, metaException}}
	_, err := c.call(ctx, "alter table "+t.String(), m,
		thrift.Struct{{ID: 1, Value: t.Database}, {ID: 2, Value: t.Name}, {ID: 3, Value: t.encode()}})
	return err
}
