package cluster

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

//go:embed pom.xml
var hadoopPom string

// fetchLimit bounds one download of all jars (93 MB) or of one server's packages.
const fetchLimit = 10 * time.Minute

// copyGoal is pinned: another version of the plugin may copy other jars.
const copyGoal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"

// hadoopJars returns the folder with every jar of pom.xml, fetched by Maven once per content of pom.xml.
func hadoopJars(ctx context.Context, cache string, j jvm) (string, error) {
	return prepared(ctx, cache, "hadoop-"+shortHash(hadoopPom), 3*fetchLimit, func(ctx context.Context, dir string) error {
		return mavenJars(ctx, cache, j, hadoopPom, dir)
	})
}

// mavenJars fills dir/jars with every jar that the pom names.
func mavenJars(ctx context.Context, cache string, j jvm, text, dir string) error {
	if err := install(ctx, cache, maven); err != nil {
		return err
	}
	pom := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(pom, []byte(text), 0o644); err != nil {
		return err
	}
	return runMaven(ctx, cache, j, dir, "-f", pom, copyGoal, "-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(dir, "jars"))
}

// runMaven runs one goal of Maven, quietly, with a repository of its own.
func runMaven(ctx context.Context, cache string, j jvm, dir string, args ...string) error {
	argv := append([]string{maven.find(), "-B", "-q", "-Dmaven.repo.local=" + filepath.Join(cache, "m2")}, args...)
	env := append(os.Environ(), "JAVA_HOME="+j.home)
	return thrice(ctx, func(ctx context.Context) error {
		_, err := output(ctx, dir, env, argv...)
		return err
	})
}

// thrice runs a download again when it fails, at most three times in all; each try is bounded by fetchLimit.
func thrice(ctx context.Context, fetch func(context.Context) error) error {
	var err error
	for range 3 {
		tryCtx, cancel := context.WithTimeout(ctx, fetchLimit)
		err = fetch(tryCtx)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("after 3 tries: %w", err)
}

// classPath lists every jar by name in sorted order: an AppCDS archive is used only by a class path that begins with
// exactly the jars it was made from, and a "*" leaves their order to the file system.
func classPath(jars string) (string, error) {
	found, err := filepath.Glob(filepath.Join(jars, "jars", "*.jar"))
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("list jars: none in %s", jars)
	}
	sort.Strings(found)
	return strings.Join(found, ":"), nil
}
