package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"weft/am"
	"weft/am/dirtytable"
	"weft/internal/fault"
	"weft/internal/fsys"
	"weft/internal/fsys/hdfs"
	"weft/internal/job"
	"weft/internal/metastore"
	"weft/yarnrpc/hadoopconf"
)

// settleDirty fills in what a job leaves to the machine that it is given out
// on: the full address of the dirty table's folder, and the metastore of
// hive-site.xml.
func (e *env) settleDirty(spec *job.Spec) error {
	d := &spec.Setting.Dirty
	if d.Location == "" {
		return nil
	}
	if _, _, err := dirtytable.SplitName(d.Table); err != nil {
		return fault.New(job.CodeValue, "setting.dirty", err)
	}
	opener, err := e.files.opener("", nil)
	if err != nil {
		return err
	}
	at, err := opener.Resolve(d.Location)
	if err != nil {
		return fault.New(job.CodeValue, "setting.dirty.location", err)
	}
	d.Location = at.String()
	if d.Metastore == "" {
		if d.Metastore, err = hiveMetastore(e.lookup); err != nil {
			return err
		}
	}
	if _, err := metastore.ParseURIs(d.Metastore); err != nil {
		return fault.New(job.CodeValue, "setting.dirty.metastore", err)
	}
	return nil
}

// hiveMetastore returns hive.metastore.uris of the hive-site.xml that the
// environment names: in HIVE_CONF_DIR, else beside Hadoop's files. Empty if
// there is none.
func hiveMetastore(lookup hadoopconf.LookupEnv) (string, error) {
	for _, name := range []string{"HIVE_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR"} {
		dir, ok := lookup(name)
		if !ok || dir == "" {
			continue
		}
		conf := hadoopconf.New(lookup)
		err := conf.AddFile(filepath.Join(dir, "hive-site.xml"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fault.New(fault.CodeNoHadoopConf, name, err)
		}
		return cmp.Or(conf.String("hive.metastore.uris", ""), conf.String("metastore.thrift.uris", "")), nil
	}
	return "", nil
}

// dirty is how a master of this program lays out dirty rows.
func (e *env) dirty() (am.Dirty, error) {
	user, err := hdfs.User(e.lookup)
	if err != nil {
		return am.Dirty{}, err
	}
	return am.Dirty{Open: e.openAnywhere, User: user, Scrub: e.scrub.Text}, nil
}

// openAnywhere finds the file system of a location. FlinkX's jobs call the
// default one fs.default.name.
func (e *env) openAnywhere(ctx context.Context, location string, settings map[string]string) (fsys.FS, string, error) {
	opener, err := e.files.opener(cmp.Or(settings["fs.defaultFS"], settings["fs.default.name"]), settings)
	if err != nil {
		return nil, "", err
	}
	return opener.Open(ctx, location)
}

// dirtyText says in one line where dirty rows go; empty if nowhere.
func dirtyText(d job.Dirty) string {
	text := ""
	if d.Location != "" {
		text = fmt.Sprintf("Hive table %s in %s", d.Table, d.Location)
		if d.Metastore == "" {
			text += ", no metastore: the statements that make it are printed"
		} else {
			text += ", metastore " + d.Metastore
		}
	}
	if d.Path != "" {
		if text != "" {
			text += "; "
		}
		text += "FlinkX's four-column files in " + d.Path
	}
	return text
}
