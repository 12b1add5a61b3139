package cluster

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

//go:embed hive4.xml
var hive4Pom string

//go:embed hive3.xml
var hive3Pom string

//go:embed HiveServers.java
var hiveServers string

// HiveVersion is a release of Hive.
type HiveVersion string

// The releases that tests run against.
const (
	// Hive4 has a metastore and a HiveServer2, in one JVM.
	Hive4 HiveVersion = "4.0.1"
	// Hive3 has a metastore only: its HiveServer2 does not run on a Java that Hadoop 3.4 runs on.
	Hive3 HiveVersion = "3.1.3"
)

// hiveKit is what the cache holds for starting a Hive.
type hiveKit struct {
	jvm       jvm
	classPath string
	db        string // a Derby database with the metastore's tables: copying it saves a JVM start of 4 s
}

// distribution is the artifact with the metastore's binary distribution, the only one that has the SQL scripts.
func (v HiveVersion) distribution() (artifact, folder, schemaTool string) {
	if v == Hive3 {
		return "hive-standalone-metastore", "apache-hive-metastore-3.1.3-bin", "org.apache.hadoop.hive.metastore.tools.MetastoreSchemaTool"
	}
	return "hive-standalone-metastore-server", "apache-hive-metastore-4.0.1-bin",
		"org.apache.hadoop.hive.metastore.tools.schematool.MetastoreSchemaTool"
}

// prepareHive fetches and makes what is missing in the cache: 250 MB for Hive 4, 90 MB for Hive 3.
func prepareHive(ctx context.Context, cache string, version HiveVersion) (hiveKit, error) {
	j, err := findJVM(ctx, cache)
	if err != nil {
		return hiveKit{}, err
	}
	pom := hive4Pom
	if version == Hive3 {
		pom = hive3Pom
	}
	name := fmt.Sprintf("hive-%s-%s", version, shortHash(pom+hiveServers+j.build))
	dir, err := prepared(ctx, cache, name, 5*fetchLimit, func(ctx context.Context, dir string) error {
		if err := mavenJars(ctx, cache, j, pom, dir); err != nil {
			return err
		}
		return furnishHive(ctx, cache, j, version, dir)
	})
	if err != nil {
		return hiveKit{}, err
	}
	path, err := hiveClassPath(dir)
	return hiveKit{jvm: j, classPath: path, db: filepath.Join(dir, "db")}, err
}

// hiveClassPath puts what the distribution brings before the jars of Hadoop, whose versions are others.
func hiveClassPath(dir string) (string, error) {
	jars, err := classPath(dir)
	if err != nil {
		return "", err
	}
	path := []string{jars}
	for _, first := range []string{"lib", "classes"} {
		if isDir(filepath.Join(dir, first)) {
			path = append([]string{filepath.Join(dir, first, map[string]string{"lib": "*"}[first])}, path...)
		}
	}
	return strings.Join(path, ":"), nil
}

// furnishHive makes the database with the scripts of the distribution, and of that keeps what the jars lack.
func furnishHive(ctx context.Context, cache string, j jvm, version HiveVersion, dir string) error {
	artifact, folder, schemaTool := version.distribution()
	err := runMaven(ctx, cache, j, dir, "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy", "-DoutputDirectory="+dir,
		fmt.Sprintf("-Dartifact=org.apache.hive:%s:%s:tar.gz:bin", artifact, version))
	if err != nil {
		return err
	}
	archive := filepath.Join(dir, fmt.Sprintf("%s-%s-bin.tar.gz", artifact, version))
	if _, err := output(ctx, dir, os.Environ(), "tar", "-xzf", archive); err != nil {
		return err
	}
	home := filepath.Join(dir, folder)
	if version == Hive3 {
		err = os.Rename(filepath.Join(home, "lib"), filepath.Join(dir, "lib"))
	} else {
		err = compileHive(ctx, j, dir)
	}
	if err != nil {
		return err
	}
	if err := makeHiveSchema(ctx, j, dir, home, schemaTool); err != nil {
		return err
	}
	return errors.Join(os.Remove(archive), os.RemoveAll(home))
}

// compileHive compiles HiveServers.java into dir/classes.
func compileHive(ctx context.Context, j jvm, dir string) error {
	source := filepath.Join(dir, "HiveServers.java")
	if err := os.WriteFile(source, []byte(hiveServers), 0o644); err != nil {
		return err
	}
	jars, err := classPath(dir)
	if err != nil {
		return err
	}
	_, err = output(ctx, dir, os.Environ(), j.java, "-m", "jdk.compiler/com.sun.tools.javac.Main",
		"-cp", jars, "-d", filepath.Join(dir, "classes"), source)
	return err
}

// makeHiveSchema fills dir/db.
func makeHiveSchema(ctx context.Context, j jvm, dir, home, schemaTool string) error {
	work, err := os.MkdirTemp("", "weft-hive-schema-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	lay := hiveLayout{dir: work, db: filepath.Join(dir, "db")}
	if err := lay.write(); err != nil {
		return err
	}
	path, err := hiveClassPath(dir)
	if err != nil {
		return err
	}
	if lib := filepath.Join(home, "lib"); isDir(lib) { // what the tool was made with; HiveServer2's SQL shell is another
		path = filepath.Join(lib, "*") + ":" + path
	}
	kit := hiveKit{jvm: j, classPath: path}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	env := append(kit.env(work), "METASTORE_HOME="+home)
	if _, err := output(ctx, work, env, kit.argv(work, schemaTool, "-dbType", "derby", "-initSchema")...); err != nil {
		return err
	}
	locks, err := filepath.Glob(filepath.Join(lay.db, "*.lck"))
	for _, lock := range locks {
		err = errors.Join(err, os.Remove(lock))
	}
	return err
}

// hiveOpens are the packages that Hive looks into and that Java 17 keeps closed.
var hiveOpens = []string{"java.lang", "java.lang.reflect", "java.net", "java.util", "java.nio", "java.util.concurrent",
	"java.util.concurrent.atomic", "java.util.regex", "java.time", "java.io"}

// argv is the command line of a Java program of Hive that works in dir.
func (k hiveKit) argv(dir, class string, args ...string) []string {
	argv := []string{k.jvm.java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-Djava.io.tmpdir=" + dir + "/tmp",
		"-Dderby.stream.error.file=" + dir + "/log/derby.log", "-Dderby.system.durability=test",
		"-Dlog4j2.configurationFile=" + dir + "/conf/log4j2.properties"}
	for _, pkg := range hiveOpens {
		argv = append(argv, "--add-opens", "java.base/"+pkg+"=ALL-UNNAMED")
	}
	argv = append(argv, "--add-opens", "java.sql/java.sql=ALL-UNNAMED")
	return append(append(argv, "-cp", dir+"/conf:"+k.classPath, class), args...)
}

// env is the whole environment of a Java program of Hive.
func (k hiveKit) env(dir string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC", "HOME=" + dir, "JAVA_HOME=" + k.jvm.home,
		"HIVE_CONF_DIR=" + dir + "/conf", "METASTORE_CONF_DIR=" + dir + "/conf"}
}
