package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// Hadoop 3.4 calls security-manager methods that JDK 24 removed, and is compiled for 8.
const (
	minJava = 11
	maxJava = 23
)

var (
	java17 = tool{"/usr/lib/jvm/java-17-openjdk-*/bin/java", "openjdk-17-jdk-headless"}
	maven  = tool{"mvn", "maven"}
)

// jvm is the Java that runs the daemons.
type jvm struct {
	home  string // JAVA_HOME
	java  string // the program
	build string // first 12 hex digits of the hash of what java -version prints; an AppCDS archive fits one build only
}

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// findJVM takes Debian's JDK 17 when it is there, else a java in PATH of a version that Hadoop runs on, else installs JDK 17.
func findJVM(ctx context.Context, cache string) (jvm, error) {
	if java17.find() == "" {
		if j, err := inspectJVM(ctx, tool{program: "java"}.find()); err == nil {
			return j, nil
		}
	}
	if err := install(ctx, cache, java17); err != nil {
		return jvm{}, err
	}
	return inspectJVM(ctx, java17.find())
}

func inspectJVM(ctx context.Context, java string) (jvm, error) {
	if java == "" {
		return jvm{}, fmt.Errorf("find java: none in PATH")
	}
	real, err := filepath.EvalSymlinks(java)
	if err != nil {
		return jvm{}, fmt.Errorf("find java: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	out, err := output(ctx, "/", os.Environ(), real, "-version")
	if err != nil {
		return jvm{}, err
	}
	m := javaVersion.FindStringSubmatch(out)
	if m == nil {
		return jvm{}, fmt.Errorf("find java: %s -version prints no version", real)
	}
	if major, err := strconv.Atoi(m[1]); err != nil || major < minJava || major > maxJava {
		return jvm{}, fmt.Errorf("find java: %s is version %s, Hadoop needs %d to %d", real, m[1], minJava, maxJava)
	}
	return jvm{home: filepath.Dir(filepath.Dir(real)), java: real, build: shortHash(out)}, nil
}

// shortHash names a version of something in the cache.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
