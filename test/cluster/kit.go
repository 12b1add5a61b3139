package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// kit is what the cache holds for starting a Hadoop.
type kit struct {
	jvm       jvm
	classPath string
	nnImage   string // a formatted, empty name folder: copying it saves a JVM start
	haImage   string // for a pair of NameNodes: a name folder and the folder of shared edits; "" unless wanted
	archive   string // AppCDS archive, "" when there is none
	classList string // when not "", daemons write the classes they load into files in this folder
}

// prepareKit fetches and makes what is missing in the cache.
func prepareKit(ctx context.Context, cache string, ha bool) (kit, error) {
	j, err := findJVM(ctx, cache)
	if err != nil {
		return kit{}, err
	}
	jars, err := hadoopJars(ctx, cache, j)
	if err != nil {
		return kit{}, err
	}
	k := kit{jvm: j}
	if k.classPath, err = classPath(jars); err != nil {
		return kit{}, err
	}
	if k.nnImage, err = k.format(ctx, cache, "nn-"+shortHash(hadoopPom), false); err != nil {
		return kit{}, err
	}
	if ha {
		if k.haImage, err = k.format(ctx, cache, "nnha-"+shortHash(hadoopPom), true); err != nil {
			return kit{}, err
		}
	}
	if err := k.useArchive(ctx, jars); err != nil {
		return kit{}, err
	}
	return k, nil
}

// format makes a formatted name folder or, for a pair of NameNodes, a folder with "nn" and "shared-edits". The cluster id is
// the same for all Hadoops of this package.
func (k kit) format(ctx context.Context, cache, name string, ha bool) (string, error) {
	return prepared(ctx, cache, name, 2*time.Minute, func(ctx context.Context, dir string) error {
		work, err := os.MkdirTemp("", "weft-format-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(work)
		lay := layout{dir: work, ends: endpoints{nns: []namePorts{{9000, 9001}}}, opts: HadoopOptions{HA: ha}}
		if ha {
			lay.ends.nns = append(lay.ends.nns, namePorts{9002, 9003})
		}
		if err := os.Mkdir(filepath.Join(work, "tmp"), 0o755); err != nil {
			return err
		}
		conf := confDir{core: lay.core(), hdfs: lay.hdfs().with(lay.nameNode(0)), logLevel: "INFO"}
		if err := conf.write(filepath.Join(work, "conf", string(NameNode))); err != nil {
			return err
		}
		argv := append(k.argv(work, NameNode), "-format", "-force", "-nonInteractive", "-clusterid", "weft-test")
		if _, err := output(ctx, work, k.env(work, string(NameNode)), argv...); err != nil {
			return err
		}
		if !ha {
			return copyTree(filepath.Join(work, "nn"), dir)
		}
		for _, part := range []string{"nn", sharedEdits} {
			if err := copyTree(filepath.Join(work, part), filepath.Join(dir, part)); err != nil {
				return err
			}
		}
		return nil
	})
}

// argv is the command line of a daemon that works in dir. Serial collector and first compiler only: these JVMs live for
// seconds and share few cores. The configuration comes after the jars, else an AppCDS archive is refused.
func (k kit) argv(dir string, d Daemon) []string {
	argv := []string{k.jvm.java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-Djava.io.tmpdir=" + dir + "/tmp"}
	if k.archive != "" {
		argv = append(argv, "-XX:SharedArchiveFile="+k.archive)
	}
	if k.classList != "" {
		argv = append(argv, "-XX:DumpLoadedClassList="+filepath.Join(k.classList, string(d)+".lst"))
	}
	for _, pkg := range []string{"java.lang", "java.util", "java.io"} {
		argv = append(argv, "--add-opens", "java.base/"+pkg+"=ALL-UNNAMED")
	}
	argv = append(argv, "--add-exports", "java.security.jgss/sun.security.krb5=ALL-UNNAMED")
	cp := fmt.Sprintf("%s:%s/web:%s/conf/%s", k.classPath, dir, dir, d)
	return append(argv, "-cp", cp, d.mainClass())
}

// env is the whole environment of a daemon or Java tool with the configuration folder conf/<conf>.
func (k kit) env(dir, conf string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC", "HOME=" + dir,
		"JAVA_HOME=" + k.jvm.home, "HADOOP_CONF_DIR=" + filepath.Join(dir, "conf", conf),
	}
}
