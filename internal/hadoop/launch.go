package hadoop

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"

	"weft/internal/fsys"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
)

// Role is what the binary is started as.
type Role string

// The roles, which are the hidden verbs of the command line.
const (
	// RoleMaster is the ApplicationMaster.
	RoleMaster Role = "am"
	// RoleContainer is a process that moves rows.
	RoleContainer Role = "container"
)

// Names of what a launched process finds in its environment. None is secret;
// secrets travel in the credentials.
const (
	// EnvRun is the URI of the run folder.
	EnvRun = "WEFT_RUN_FOLDER"
	// EnvBinary is the URI of the binary that all processes of the run use.
	EnvBinary = "WEFT_BINARY"
	// EnvMemory is the size of the process's container in MiB.
	EnvMemory = "WEFT_CONTAINER_MIB"
	// EnvConf makes the process find the site files it was given, whatever
	// the node's own are.
	EnvConf = "HADOOP_CONF_DIR"
	// EnvUser is who the process is for HDFS on a cluster without Kerberos.
	EnvUser = "HADOOP_USER_NAME"
	// EnvPatience is how long the process waits for HDFS and YARN, as the
	// setting of that name: it is needed to read the spec that has the others.
	EnvPatience = "WEFT_TIMEOUT_CLUSTER"
)

// Names of secret keys in credentials.
const (
	// SecretMaster is the application secret: in the ApplicationMaster's
	// credentials only.
	SecretMaster = "weft.master"
	// SecretContainer is one container's key.
	SecretContainer = "weft.container"
)

// ConfFolder is the folder of the working directory that holds the site files
// the run was submitted with.
const ConfFolder = "conf"

// Launch describes one process of a run to be started by a NodeManager.
type Launch struct {
	// Role decides the verb.
	Role Role
	// Run and Binary are URIs; see EnvRun and EnvBinary.
	Run, Binary string
	// User is who the process is on a cluster without Kerberos.
	User string
	// MemoryMiB is the container's size.
	MemoryMiB int64
	// Patience is timeout.cluster; 0 for RunPatience.
	Patience time.Duration
	// Files are the local resources by link name; see LocalResources.
	Files map[string]record.LocalResource
	// Credentials are the tokens and secret keys.
	Credentials *token.Credentials
}

// Context returns the launch context. The command begins with exec, so that
// signals reach weft itself and no shell outlives it, and is the same for every
// run: what differs travels in the environment, where nothing needs quoting.
func (l Launch) Context() record.LaunchContext {
	env := map[string]string{EnvRun: l.Run, EnvBinary: l.Binary, EnvUser: l.User, EnvConf: ConfFolder,
		EnvMemory: strconv.FormatInt(l.MemoryMiB, 10)}
	if l.Patience > 0 {
		env[EnvPatience] = l.Patience.String()
	}
	return record.LaunchContext{
		Command:        fmt.Sprintf("exec ./weft %s 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr", l.Role),
		Env:            env,
		LocalResources: maps.Clone(l.Files),
		Credentials:    l.Credentials,
	}
}

// LocalResources describes the files every process of a run needs in its working
// directory: the binary, shared by all runs of the user, and the site files of
// the run folder. The NodeManager refuses a file whose size or modification
// time differs from what is said here, so both are read now.
func (c *Cluster) LocalResources(ctx context.Context, binary, run string) (map[string]record.LocalResource, error) {
	files := make(map[string]record.LocalResource)
	resource, err := c.resource(ctx, binary)
	if err != nil {
		return nil, err
	}
	resource.Visibility = record.Private
	files["weft"] = resource
	fs, name, err := c.Files.Open(ctx, run)
	if err != nil {
		return nil, err
	}
	entries, err := fs.List(ctx, path.Join(name, ConfFolder))
	if err != nil {
		return nil, fmt.Errorf("list site files of the run: %w", err)
	}
	base, err := c.Files.Resolve(run)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		files[ConfFolder+"/"+entry.Name] = localResource(base.Join(ConfFolder, entry.Name), entry)
	}
	return files, nil
}

func (c *Cluster) resource(ctx context.Context, uri string) (record.LocalResource, error) {
	at, err := c.Files.Resolve(uri)
	if err != nil {
		return record.LocalResource{}, err
	}
	fs, name, err := c.Files.Open(ctx, uri)
	if err != nil {
		return record.LocalResource{}, err
	}
	info, err := fs.Stat(ctx, name)
	if err != nil {
		return record.LocalResource{}, fmt.Errorf("look at file to localize: %w", err)
	}
	return localResource(at, info), nil
}

func localResource(at fsys.Path, info fsys.Info) record.LocalResource {
	return record.LocalResource{URL: at.String(), SizeBytes: info.Size, ModTime: info.ModTime}
}

// UploadConf copies the site files this process read into the folder "conf" of
// the run folder, for the processes of the run. A copy that is there already is
// kept: a run keeps the configuration it was submitted with.
func (c *Cluster) UploadConf(ctx context.Context, run string) error {
	fs, name, err := c.Files.Open(ctx, run)
	if err != nil {
		return err
	}
	folder := path.Join(name, ConfFolder)
	if err := fsys.MkdirAll(ctx, fs, folder, 0o700); err != nil {
		return fmt.Errorf("upload site files: %w", err)
	}
	for _, file := range c.Conf.Files() {
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("upload site files: %w", err)
		}
		err = fsys.WriteFileExclusive(ctx, fs, path.Join(folder, filepath.Base(file)), data, 0o600)
		if err != nil && !errors.Is(err, iofs.ErrExist) {
			return fmt.Errorf("upload site files: %w", err)
		}
	}
	return nil
}
