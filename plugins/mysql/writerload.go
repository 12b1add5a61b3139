package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// loadChunk is the size of the packets in which LOAD DATA's input goes out.
const loadChunk = 256 << 10

// loadFile is the name that LOAD DATA LOCAL gives; there is no such file. What
// the server gets is what load was called with, whatever name it asks for.
const loadFile = "weft"

// errDiffers says that the server did not load exactly the rows it was given:
// LOCAL implies IGNORE, so it warns where an INSERT would fail.
var errDiffers = errors.New("load data: the server loaded something else than it was given")

// loadSQL returns the statement. Of bytes and bits the input has a text form,
// which the statement turns back.
func (w *Writer) loadSQL() string {
	fields := make([]string, len(w.columns))
	var set []string
	for i, c := range w.columns {
		fields[i] = quote(c.Name)
		variable := fmt.Sprintf("@weft%d", i)
		switch {
		case c.Kind == plugins.KindBytes:
			set = append(set, fields[i]+" = UNHEX("+variable+")")
			fields[i] = variable
		case c.base == "bit":
			set = append(set, fields[i]+" = CAST("+variable+" AS UNSIGNED)")
			fields[i] = variable
		}
	}
	tail := ""
	if len(set) > 0 {
		tail = " SET " + strings.Join(set, ", ")
	}
	replace := pick(w.config.mode == sqlwrite.Replace, "REPLACE ", "")
	return "LOAD DATA LOCAL INFILE '" + loadFile + "' " + replace + "INTO TABLE " + w.into.quoted() + " CHARACTER SET utf8mb4" +
		" FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (" + strings.Join(fields, ", ") + ")" + tail
}

// loads says whether the next batch goes through LOAD DATA. After batches that
// had to be sent again some are sent by INSERT at once.
func (w *Writer) loads(rows int) bool {
	if !w.canLoad || rows < 32 {
		return false
	}
	if w.loadPause > 0 {
		w.loadPause--
		return false
	}
	return true
}

// loadAll sends the rows by LOAD DATA under a savepoint. errDiffers means that
// they were taken back and must go by strict INSERTs, which name the culprits.
func (w *Writer) loadAll(ctx context.Context, b *plugins.Batch, rows []int32) error {
	dst := append(w.packet[:0], 0, 0, 0, 0)
	for _, i := range rows {
		for c := range w.columns {
			if c > 0 {
				dst = append(dst, '\t')
			}
			dst = w.columns[c].appendField(dst, &b.Columns[c], int(i))
		}
		dst = append(dst, '\n')
	}
	w.packet = dst
	w.unitBytes += int64(len(dst))
	if err := w.beginUnit(ctx); err != nil {
		return err
	}
	err := sqlwrite.Within(ctx, w.session, "weft_batch", func() error {
		got, err := w.session.load(ctx, w.loadStatement, dst)
		if err != nil {
			return err
		}
		return loaded(got, len(rows))
	})
	switch {
	case err == nil:
		w.loadFailures = 0
	case errors.Is(err, errDiffers):
		w.loadFailures++
		w.loadPause = 1<<min(w.loadFailures, 7) - 1
	case isServerError(err, errDeadlock):
		w.session.inTransaction = false
	}
	return err
}

// loaded compares what the server says with what it was given.
func loaded(a answered, rows int) error {
	var records, deleted, skipped, warnings int
	if _, err := fmt.Sscanf(a.info, "Records: %d  Deleted: %d  Skipped: %d  Warnings: %d", &records, &deleted, &skipped, &warnings); err != nil {
		return fmt.Errorf("%w: it says %q", errDiffers, a.info)
	}
	if records != rows || skipped != 0 || warnings != 0 || a.warnings != 0 || a.rows != uint64(rows+deleted) {
		return fmt.Errorf("%w: %d rows, it says %q", errDiffers, rows, a.info)
	}
	return nil
}

// load runs LOAD DATA LOCAL on data, whose first four bytes are free and whose
// content is spoiled:
//
//	-> COM_QUERY   <- 0xfb, name of a file   -> data, in packets   -> empty packet   <- OK or ERR
func (s *session) load(ctx context.Context, statement string, data []byte) (answered, error) {
	end, err := s.guard(ctx)
	if err != nil {
		return answered{}, err
	}
	a, err := s.loadNow(statement, data)
	return a, end(err)
}

func (s *session) loadNow(statement string, data []byte) (answered, error) {
	if err := s.begin(append([]byte{0, 0, 0, 0, commandQuery}, statement...)); err != nil {
		return answered{}, err
	}
	p, err := s.lib.ReadPacket()
	if err != nil {
		return answered{}, err
	}
	if len(p) == 0 || p[0] != answerFile {
		return s.parse(p)
	}
	for from := 4; from < len(data); from += loadChunk {
		// The header of each packet goes where the one before it ended.
		if err := s.lib.WritePacket(data[from-4 : min(from+loadChunk, len(data))]); err != nil {
			return answered{}, err
		}
	}
	if err := s.lib.WritePacket(make([]byte, 4)); err != nil {
		return answered{}, err
	}
	return s.answer()
}

// answerFile begins the packet in which the server asks for LOCAL's data.
const answerFile = 0xfb
