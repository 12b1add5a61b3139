package metastore

import "weft/internal/metastore/thrift"

// Column is a column of a table, with its type as Hive spells it.
type Column struct {
	Name, Type, Comment string
}

// Storage says where and how rows lie (StorageDescriptor).
type Storage struct {
	// Location is the folder, a full URI.
	Location string
	// InputFormat and OutputFormat are Java classes.
	InputFormat, OutputFormat string
	// Serializer is the Java class of the SerDe, Parameters its settings:
	// field.delim and the like.
	Serializer string
	Parameters map[string]string
	// Columns without those of the partitions.
	Columns []Column
	// Buckets is the number of buckets; 0 or less for none.
	Buckets int64

	raw thrift.Struct
}

// The fields of StorageDescriptor and SerDeInfo.
const (
	sdColumns, sdLocation, sdInput, sdOutput           = 1, 2, 3, 4
	sdCompressed, sdBuckets, sdSerDe                   = 5, 6, 7
	sdBucketColumns, sdSortColumns, sdParameters       = 8, 9, 10
	serdeName, serdeLibrary, serdeParameters     int16 = 1, 2, 3
)

func storageOf(s thrift.Struct) Storage {
	serde := s.Struct(sdSerDe)
	return Storage{Location: s.String(sdLocation), InputFormat: s.String(sdInput), OutputFormat: s.String(sdOutput),
		Serializer: serde.String(serdeLibrary), Parameters: serde.StringMap(serdeParameters),
		Columns: columnsOf(s.Structs(sdColumns)), Buckets: s.Int(sdBuckets), raw: s}
}

// encode puts what has a name here over what the server sent.
func (s Storage) encode() thrift.Struct {
	serde := s.raw.Struct(sdSerDe)
	if serde == nil {
		serde = thrift.Struct{{ID: serdeName, Value: ""}}
	}
	serde = serde.With(serdeLibrary, s.Serializer).With(serdeParameters, thrift.StringMap(s.Parameters))
	raw := s.raw
	if raw == nil { // what the server's own code takes for granted
		raw = thrift.Struct{{ID: sdCompressed, Value: false}, {ID: sdBucketColumns, Value: thrift.Strings()},
			{ID: sdSortColumns, Value: thrift.Structs()}, {ID: sdParameters, Value: thrift.StringMap(nil)}}
		s.Buckets = max(s.Buckets, -1)
		if s.Buckets == 0 {
			s.Buckets = -1
		}
	}
	return raw.With(sdColumns, encodeColumns(s.Columns)).With(sdLocation, s.Location).With(sdInput, s.InputFormat).
		With(sdOutput, s.OutputFormat).With(sdBuckets, int32(s.Buckets)).With(sdSerDe, serde)
}

func columnsOf(list []thrift.Struct) []Column {
	var out []Column
	for _, s := range list {
		out = append(out, Column{Name: s.String(1), Type: s.String(2), Comment: s.String(3)})
	}
	return out
}

func encodeColumns(columns []Column) *thrift.List {
	l := thrift.Structs()
	for _, c := range columns {
		s := thrift.Struct{{ID: 1, Value: c.Name}, {ID: 2, Value: c.Type}}
		if c.Comment != "" {
			s = append(s, thrift.Field{ID: 3, Value: c.Comment})
		}
		l.Items = append(l.Items, s)
	}
	return l
}

// Text returns the storage of a text table whose fields are parted by a
// delimiter of one byte. Parameters are those of LazySimpleSerDe beside it.
func Text(location, delimiter string, columns []Column, parameters map[string]string) Storage {
	all := map[string]string{"field.delim": delimiter, "serialization.format": delimiter}
	for key, value := range parameters {
		all[key] = value
	}
	return Storage{Location: location, Columns: columns, Parameters: all,
		InputFormat:  "org.apache.hadoop.mapred.TextInputFormat",
		OutputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
		Serializer:   "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"}
}
