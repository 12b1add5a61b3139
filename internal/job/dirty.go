package job

import (
	"fmt"
	"strings"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// DirtyTable says how the dirty rows of a run become part of a Hive table.
type DirtyTable struct {
	// Table is "database.table".
	Table string `json:"table"`
	// Location is the folder of the table's files, a file-system URI or a
	// path on the default file system; empty for no such table.
	Location string `json:"location"`
	// Metastore is where the table is made, as hive.metastore.uris has it;
	// empty for that of hive-site.xml. Without any the statements to run in
	// Hive are printed instead.
	Metastore string `json:"metastore"`
	// Deadline is how long a metastore or file system that does not answer is
	// tried again before the run ends without.
	Deadline Duration `json:"deadline"`
}

// Dirty says where the dirty rows of a run are laid out at its end, beside its
// own folder, which always has them.
type Dirty struct {
	DirtyTable
	// Path is the folder of FlinkX's four-column files; empty for none.
	Path string `json:"path,omitempty"`
	// HadoopConfig are settings for reaching Path, laid over the site's.
	HadoopConfig map[string]string `json:"hadoopConfig,omitempty"`
}

// Wanted says that dirty rows are to be laid out at all.
func (d *Dirty) Wanted() bool { return d.Location != "" || d.Path != "" }

// dirtyShape is the block as files have it: FlinkX's two keys and weft's own.
type dirtyShape struct {
	Table        string         `json:"table"`
	Location     string         `json:"location"`
	Metastore    string         `json:"metastore"`
	Deadline     Duration       `json:"deadline"`
	Path         string         `json:"path"`
	HadoopConfig map[string]any `json:"hadoopConfig"`
}

func dirtyShapeOf(d Dirty) dirtyShape {
	return dirtyShape{Table: d.Table, Location: d.Location, Metastore: d.Metastore, Deadline: d.Deadline}
}

// dirty fills in the spec's Dirty.
func (l *loader) dirty(n *jsontree.Node, shape *dirtyShape) {
	d := &l.spec.Setting.Dirty
	d.DirtyTable = DirtyTable{Table: shape.Table, Location: shape.Location, Metastore: shape.Metastore, Deadline: shape.Deadline}
	d.Path = shape.Path
	for key, value := range shape.HadoopConfig {
		switch value.(type) {
		case map[string]any, []any, nil:
		default:
			if d.HadoopConfig == nil {
				d.HadoopConfig = make(map[string]string)
			}
			d.HadoopConfig[key] = fmt.Sprint(value)
		}
	}
	if l.Dialect == plugins.DialectDataX && d.Path != "" {
		l.note(begin(n.At("dirty.path")), CodeApproximated, plugins.Note, settingPath+".dirty.path",
			"dirty rows are written there in FlinkX's form; DataX only logs them", "")
	}
	if strings.Trim(d.Table, ". ") == "" && d.Location != "" {
		l.failAt(n, "dirty.table", CodeValue, "dirty.location has no table", `"table": "ops.dirty_rows"`)
	}
}

// DirtyPlace says where the dirty rows of a run are to be seen.
type DirtyPlace struct {
	// Table is "database.table"; empty without one.
	Table string `json:"table,omitempty"`
	// Query shows the rows of this run.
	Query string `json:"query,omitempty"`
	// Folder is the partition's, Files that of the four-column files.
	Folder string `json:"folder,omitempty"`
	Files  string `json:"files,omitempty"`
	// Statements, if any, are to be run in Hive by hand, because no metastore
	// is configured.
	Statements []string `json:"statements,omitempty"`
}
