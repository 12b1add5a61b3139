package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// An AppCDS archive holds the parsed classes of the daemons; with it a Hadoop starts in 60 percent of the CPU time.
// Making one takes 17 s, so a machine that starts a single Hadoop should not pay for it:
//
//	first start    daemons write lists of the classes they load  ->  cds-<build>.lists/
//	second start   the lists are merged and dumped, once         ->  cds-<build>/hadoop.jsa
//	later starts   -XX:SharedArchiveFile=hadoop.jsa
//
// Both lie in the folder of the jars, because an archive fits only these very files and this very build of the JVM.
// A JVM that dislikes the archive runs without it, so nothing here can break a start.

const dumpLimit = 5 * time.Minute

// useArchive sets k.archive when there is one or it can be made, else k.classList.
func (k *kit) useArchive(ctx context.Context, jars string) error {
	name := "cds-" + k.jvm.build
	lists := filepath.Join(jars, name+".lists")
	if !isDir(filepath.Join(jars, name)) && !isDir(lists) {
		fresh, err := os.MkdirTemp(jars, name+".new-")
		if err != nil {
			return fmt.Errorf("make folder for class lists: %w", err)
		}
		k.classList = fresh
		return nil
	}
	dir, err := prepared(ctx, jars, name, dumpLimit, func(ctx context.Context, dir string) error {
		return k.dump(ctx, lists, dir)
	})
	if err != nil {
		return err
	}
	if archive := filepath.Join(dir, "hadoop.jsa"); isFile(archive) {
		k.archive = archive
	}
	return nil
}

// keepClassLists is called when all daemons serve: the first Hadoop to get there provides the lists.
// The daemons go on writing into the files they have open, which does no harm.
func (k kit) keepClassLists() {
	if k.classList != "" { // fails when another Hadoop was first
		os.Rename(k.classList, filepath.Join(filepath.Dir(k.classList), "cds-"+k.jvm.build+".lists"))
	}
}

// dropClassLists removes lists that were not kept.
func (k kit) dropClassLists() {
	if k.classList != "" {
		os.RemoveAll(k.classList)
	}
}

// dump makes the archive. Its failure is written down beside it instead of being tried again at every start.
func (k *kit) dump(ctx context.Context, lists, dir string) error {
	merged, err := mergeClassLists(lists)
	if err != nil {
		return err
	}
	list := filepath.Join(dir, "classes.lst")
	if err := os.WriteFile(list, merged, 0o644); err != nil {
		return err
	}
	// The archive remembers no path of its own, so it may be made here and renamed with the folder.
	_, err = output(ctx, dir, os.Environ(), k.jvm.java, "-XX:+UseSerialGC", "-Xshare:dump", "-XX:SharedClassListFile="+list,
		"-XX:SharedArchiveFile="+filepath.Join(dir, "hadoop.jsa"), "-cp", k.classPath)
	if err != nil {
		return os.WriteFile(filepath.Join(dir, "failed"), []byte(err.Error()+"\n"), 0o644)
	}
	return nil
}

// mergeClassLists joins the lists, each line once, without classes of other loaders than the application's (those carry
// an id or a source) and without a last line that is still being written.
func mergeClassLists(dir string) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.lst"))
	if err != nil {
		return nil, err
	}
	var merged bytes.Buffer
	seen := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("merge class lists: %w", err)
		}
		lines := strings.Split(string(text), "\n")
		for _, l := range lines[:len(lines)-1] {
			if !seen[l] && !strings.Contains(l, " id:") && !strings.Contains(l, "source:") {
				seen[l] = true
				merged.WriteString(l + "\n")
			}
		}
	}
	return merged.Bytes(), nil
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}
