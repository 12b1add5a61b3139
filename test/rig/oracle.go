package rig

import (
	"path"
	"strings"
	"testing"

	"weft/test/cluster/compare"
)

// Folder is a folder of HDFS for compare.
func (r *Rig) Folder(target string) compare.Folder {
	return compare.WebHDFS{Base: r.Hadoop.ActiveNNWeb(), Path: target, User: r.Hadoop.Superuser()}
}

// Equal wants the folder to hold exactly the rows of the table, as Text writes them.
func (tb *Table) Equal(t testing.TB, folder compare.Folder) {
	t.Helper()
	tb.Compare(t, compare.Options{Folder: folder, Delimiter: "\x01", Escape: true, EscapeCRLF: true})
}

// Compare wants a folder to hold exactly the rows of the table, as the options say; source and table are filled in.
func (tb *Table) Compare(t testing.TB, o compare.Options) compare.Report {
	t.Helper()
	o.DSN = tb.rig.DB.DSN(tb.Schema)
	if o.Table == "" {
		o.Table = tb.Name
	}
	report, err := compare.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Equal() {
		t.Errorf("source and target differ:\n%s", report)
	}
	return report
}

// Succeeded wants the counters of a run that moved so many rows, and nothing left of it: neither a folder of its own in
// the target nor a container.
func (r *Rig) Succeeded(t testing.TB, got Ran, target string, rows int64) Result {
	t.Helper()
	got.Want(t, 0)
	result := got.Result(t)
	if result.State != "SUCCEEDED" || result.RowsRead != rows || result.RowsWritten != rows || result.RowsDirty+result.RowsFiltered != 0 {
		t.Errorf("want %d rows read and written: %+v", rows, result)
	}
	if result.RowsRead != result.RowsWritten+result.RowsDirty+result.RowsFiltered {
		t.Errorf("rows read are not those written, dirty and filtered: %+v", result)
	}
	r.NothingLeft(t, target)
	if result.ApplicationID != "" {
		r.Gone(t, result.ApplicationID)
		if app := r.App(t, result.ApplicationID); app.State != "FINISHED" || app.FinalStatus != "SUCCEEDED" {
			t.Errorf("YARN says %+v", app)
		}
	}
	return result
}

// NothingLeft wants no folder of a run in the target, nor beside it, where a run works when the target does not exist.
func (r *Rig) NothingLeft(t testing.TB, target string) {
	t.Helper()
	for _, dir := range []string{target, path.Dir(target)} {
		for _, name := range r.Names(t, dir) {
			if strings.HasPrefix(name, ".weft") {
				t.Errorf("%s is left in %s", name, dir)
			}
		}
	}
}

// Nothing wants nothing visible in the target.
func (r *Rig) Nothing(t testing.TB, target string) {
	t.Helper()
	if names := r.Visible(t, target); len(names) > 0 {
		t.Errorf("%s holds %v", target, names)
	}
}
