package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"weft/internal/metastore/thrift"
)

// queryLimit bounds one statement: the first of a fresh server takes 3 s on an idle machine.
const queryLimit = 2 * time.Minute

// Query runs statements one after the other in one session of HiveServer2 and returns the rows of the last one, every
// value as text; NULL is "NULL". Columns are whatever Hive makes of them: cast to string what has another type.
func (h *Hive) Query(ctx context.Context, statements ...string) ([][]string, error) {
	if h.ServerAddr == "" {
		return nil, errors.New("query hive: this release runs without a HiveServer2")
	}
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	conn, err := thrift.Dial(ctx, h.ServerAddr, nil)
	if err != nil {
		return nil, fmt.Errorf("query hive: %w", err)
	}
	defer conn.Close()
	s := hiveSession{conn: conn}
	// Protocol 10 (HIVE_CLI_SERVICE_PROTOCOL_V10) has columns instead of rows.
	open, err := s.call(ctx, "OpenSession", thrift.Struct{{ID: 1, Value: int32(9)}, {ID: 2, Value: osUser()}})
	if err != nil {
		return nil, err
	}
	s.handle = open.Struct(3)
	var rows [][]string
	for _, statement := range statements {
		if rows, err = s.run(ctx, statement); err != nil {
			return nil, fmt.Errorf("query hive: %q: %w", statement, err)
		}
	}
	return rows, nil
}

// hiveSession speaks TCLIService: each call has one request struct and answers with a struct whose field 1 is a TStatus.
type hiveSession struct {
	conn   *thrift.Conn
	handle thrift.Struct
}

func (s *hiveSession) call(ctx context.Context, method string, request thrift.Struct) (thrift.Struct, error) {
	result, err := s.conn.Call(ctx, method, thrift.Struct{{ID: 1, Value: request}})
	if err != nil {
		return nil, err
	}
	answer := result.Struct(0)
	if status := answer.Struct(1); status.Int(1) > 1 { // beyond SUCCESS and SUCCESS_WITH_INFO
		return nil, fmt.Errorf("%s: %s", method, status.String(5))
	}
	return answer, nil
}

// run runs a statement to its end on the server's side, and fetches its rows.
func (s *hiveSession) run(ctx context.Context, statement string) ([][]string, error) {
	done, err := s.call(ctx, "ExecuteStatement", thrift.Struct{{ID: 1, Value: s.handle}, {ID: 2, Value: statement}, {ID: 4, Value: false}})
	if err != nil {
		return nil, err
	}
	operation := done.Struct(2)
	var rows [][]string
	if has, _ := operation.Get(3).(bool); has && !strings.HasPrefix(strings.ToUpper(statement), "SET ") {
		for {
			page, err := s.call(ctx, "FetchResults", thrift.Struct{{ID: 1, Value: operation}, {ID: 2, Value: int32(0)}, {ID: 3, Value: int64(10_000)}})
			if err != nil {
				return nil, err
			}
			got := rowsOf(page.Struct(3))
			if len(got) == 0 {
				break
			}
			rows = append(rows, got...)
		}
	}
	_, err = s.call(ctx, "CloseOperation", thrift.Struct{{ID: 1, Value: operation}})
	return rows, err
}

// rowsOf turns a TRowSet of columns into rows. A TColumn is a union of one field per type, each {values, bitmap of NULLs}.
func rowsOf(set thrift.Struct) [][]string {
	var rows [][]string
	for c, column := range set.Structs(3) {
		if len(column) == 0 {
			continue
		}
		data, _ := column[0].Value.(thrift.Struct)
		values, _ := data.Get(1).(*thrift.List)
		nulls := data.String(2)
		if values == nil {
			continue
		}
		for i, v := range values.Items {
			if c == 0 {
				rows = append(rows, nil)
			}
			text := fmt.Sprint(v)
			if i/8 < len(nulls) && nulls[i/8]>>(i%8)&1 == 1 {
				text = "NULL"
			}
			rows[i] = append(rows[i], text)
		}
	}
	return rows
}
