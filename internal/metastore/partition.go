package metastore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"weft/internal/metastore/thrift"
)

// Partition is a partition of a table.
type Partition struct {
	// Values has one for each of the table's partition keys.
	Values []string
	// Storage says where its rows lie. When it is put into a table, only the
	// location counts, all else is the table's.
	Storage Storage
	// Parameters hold statistics and settings.
	Parameters map[string]string

	raw thrift.Struct
}

// The fields of Partition.
const (
	partValues, partDatabase, partTable, partCreated       = 1, 2, 3, 4
	partStorage, partParameters                      int16 = 6, 7
)

func partitionOf(s thrift.Struct) *Partition {
	return &Partition{Values: s.Strings(partValues), Storage: storageOf(s.Struct(partStorage)),
		Parameters: s.StringMap(partParameters), raw: s}
}

func (p *Partition) encode(t *Table) thrift.Struct {
	raw, storage := p.raw, p.Storage
	if raw == nil {
		raw = thrift.Struct{{ID: partCreated, Value: int32(time.Now().Unix())}}
		storage = t.Storage
		storage.Location = p.Storage.Location
	}
	return raw.With(partValues, thrift.Strings(p.Values...)).With(partDatabase, t.Database).With(partTable, t.Name).
		With(partStorage, storage.encode()).With(partParameters, thrift.StringMap(p.Parameters))
}

// PartitionAt returns a new partition whose rows lie in a folder.
func PartitionAt(location string, values ...string) *Partition {
	return &Partition{Values: values, Storage: Storage{Location: location}}
}

// AddPartitions adds partitions to a table, which comes from Table or
// EnsureTable. Those that are there already stay as they are.
func (c *Client) AddPartitions(ctx context.Context, t *Table, partitions ...*Partition) error {
	list := thrift.Structs()
	for _, p := range partitions {
		if len(p.Values) != len(t.PartitionKeys) {
			return fmt.Errorf("add partition (%s) to %s: the table has %d partition keys", strings.Join(p.Values, ", "), t, len(t.PartitionKeys))
		}
		list.Items = append(list.Items, p.encode(t))
	}
	// The request also says: only those that do not exist, and no need to return them.
	request := thrift.Struct{{ID: 1, Value: t.Database}, {ID: 2, Value: t.Name}, {ID: 3, Value: list},
		{ID: 4, Value: true}, {ID: 5, Value: false}}
	m := method{"add_partitions_req", []string{invalidObject, alreadyExists, metaException}}
	_, err := c.call(ctx, fmt.Sprintf("add %d partitions to %s", len(partitions), t), m, thrift.Struct{{ID: 1, Value: request}})
	return err
}

// Partition returns the partition of these values; ErrNotFound if there is none.
func (c *Client) Partition(ctx context.Context, database, table string, values ...string) (*Partition, error) {
	m := method{"get_partition", []string{metaException, noSuchObject}}
	r, err := c.call(ctx, fmt.Sprintf("get partition (%s) of %s.%s", strings.Join(values, ", "), database, table), m,
		thrift.Struct{{ID: 1, Value: database}, {ID: 2, Value: table}, {ID: 3, Value: thrift.Strings(values...)}})
	if err != nil {
		return nil, err
	}
	return partitionOf(r.Struct(0)), nil
}

// AlterPartition puts a partition in place of the one with its values. Take it
// from Partition and change what is to change.
func (c *Client) AlterPartition(ctx context.Context, t *Table, p *Partition) error {
	m := method{"alter_partition", []string{invalidOperation, metaException}}
	_, err := c.call(ctx, fmt.Sprintf("alter partition (%s) of %s", strings.Join(p.Values, ", "), t), m,
		thrift.Struct{{ID: 1, Value: t.Database}, {ID: 2, Value: t.Name}, {ID: 3, Value: p.encode(t)}})
	return err
}

// Directory names a partition's folder as Hive does: "dt=2026-03-01/job=orders",
// special bytes as %3A (FileUtils.makePartName).
func Directory(keys []Column, values []string) string {
	var b strings.Builder
	for i, value := range values {
		if i > 0 {
			b.WriteByte('/')
		}
		escapePathName(&b, strings.ToLower(keys[i].Name))
		b.WriteByte('=')
		escapePathName(&b, value)
	}
	return b.String()
}

// defaultPartition stands for an empty value (hive.exec.default.partition.name).
const defaultPartition = "__HIVE_DEFAULT_PARTITION__"

// escapePathName is FileUtils.escapePathName.
func escapePathName(b *strings.Builder, text string) {
	if text == "" {
		b.WriteString(defaultPartition)
		return
	}
	for i := range len(text) {
		c := text[i]
		if c < 0x20 || c == 0x7f || strings.IndexByte(`"#%'*/:=?\{[]^`, c) >= 0 {
			fmt.Fprintf(b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
}
