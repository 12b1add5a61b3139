package record

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/token"
)

// Visibility says who shares a downloaded file on a node (LocalResourceVisibility).
type Visibility int32

// The visibilities.
const (
	// Public: all users share it; the file and every folder above it must be readable by the world.
	Public Visibility = 1
	// Private: all applications of the user share it.
	Private Visibility = 2
	// AppOnly (APPLICATION): removed when the application ends.
	AppOnly Visibility = 3
)

// LocalResource is a file that the NodeManager downloads into the container's working folder (LocalResource). It
// arrives executable and read-only.
type LocalResource struct {
	// URL of the file, e.g. hdfs://ns1/apps/weft.
	URL string
	// SizeBytes and ModTime must be exactly what the file system reports: the NodeManager refuses a file whose
	// modification time differs by one millisecond.
	SizeBytes int64
	ModTime   time.Time
	// Visibility; the zero value means AppOnly.
	Visibility Visibility
	// Archive: unpack it (.zip, .tar.gz, .jar) into a folder named after the link.
	Archive bool
}

// LaunchContext says what runs in a container (ContainerLaunchContext).
//
// The NodeManager writes Command and Env into a bash script, between double quotes and unescaped: `"`, `$`, "`" and
// `\` are live there, `<LOG_DIR>` and `<CPS>` are replaced, and so are `{{` and `}}`, everywhere. See Check.
type LaunchContext struct {
	// Command is one bash command line. It should begin with "exec ", or a killed container's process outlives the
	// report of its end, and redirect stdout and stderr below <LOG_DIR>.
	Command string
	// Env is added to the environment that the NodeManager sets.
	Env map[string]string
	// LocalResources by the name of their link in the working folder.
	LocalResources map[string]LocalResource
	// Credentials are written to the file HADOOP_TOKEN_FILE_LOCATION. The first container of an application on a
	// node fixes the tokens used there for uploading logs: give all containers the same tokens. Nil: none.
	Credentials *token.Credentials
	// ServiceData is handed to auxiliary services of the NodeManager by name; an unknown name fails the start.
	ServiceData map[string][]byte
	// ViewACL and ModifyACL are "user1,user2 group1,group2", "*" for all, empty for the owner only.
	ViewACL, ModifyACL string
}

// Check refuses what the NodeManager's script would garble: a command or an environment value with an unescaped double
// quote, or with {{ or }}, which YARN replaces wherever they stand; and links without a usable URL.
func (lc LaunchContext) Check() error {
	if lc.Command == "" {
		return fmt.Errorf("check launch context: no command")
	}
	if err := checkQuoted("command", lc.Command); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(lc.Env)) {
		if err := checkQuoted("environment "+key, lc.Env[key]); err != nil {
			return err
		}
	}
	for _, link := range slices.Sorted(maps.Keys(lc.LocalResources)) {
		if _, err := parseURL(lc.LocalResources[link].URL); err != nil {
			return fmt.Errorf("check local resource %s: %w", link, err)
		}
	}
	return nil
}

// checkQuoted walks s as bash reads the inside of double quotes.
func checkQuoted(what, s string) error {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++ // whatever follows is escaped
		case s[i] == '"':
			return fmt.Errorf(`check %s: unescaped " would end the quotes of the launch script`, what)
		case s[i] == '{' && i+1 < len(s) && s[i+1] == '{', s[i] == '}' && i+1 < len(s) && s[i+1] == '}':
			return fmt.Errorf("check %s: {{ and }} are replaced by YARN wherever they stand", what)
		}
	}
	return nil
}

// Proto converts to the wire. The caller has run Check.
func (lc LaunchContext) Proto() (*pb.ContainerLaunchContextProto, error) {
	p := &pb.ContainerLaunchContextProto{Command: []string{lc.Command}}
	for _, link := range slices.Sorted(maps.Keys(lc.LocalResources)) {
		r, err := lc.LocalResources[link].proto()
		if err != nil {
			return nil, fmt.Errorf("local resource %s: %w", link, err)
		}
		p.LocalResources = append(p.LocalResources, &pb.StringLocalResourceMapProto{Key: proto.String(link), Value: r})
	}
	for _, key := range slices.Sorted(maps.Keys(lc.Env)) {
		p.Environment = append(p.Environment, &pb.StringStringMapProto{Key: proto.String(key), Value: proto.String(lc.Env[key])})
	}
	for _, key := range slices.Sorted(maps.Keys(lc.ServiceData)) {
		p.ServiceData = append(p.ServiceData, &pb.StringBytesMapProto{Key: proto.String(key), Value: lc.ServiceData[key]})
	}
	if lc.Credentials != nil {
		p.Tokens = lc.Credentials.Encode()
	}
	p.Application_ACLs = appendACL(appendACL(nil, 1, lc.ViewACL), 2, lc.ModifyACL)
	return p, nil
}

func appendACL(list []*pb.ApplicationACLMapProto, access int32, acl string) []*pb.ApplicationACLMapProto {
	if acl == "" {
		return list
	}
	return append(list, &pb.ApplicationACLMapProto{AccessType: &access, Acl: &acl})
}

// Types of a local resource (LocalResourceType).
const (
	typeArchive = 1
	typeFile    = 2
)

func (r LocalResource) proto() (*pb.LocalResourceProto, error) {
	u, err := parseURL(r.URL)
	if err != nil {
		return nil, err
	}
	kind := int32(typeFile)
	if r.Archive {
		kind = typeArchive
	}
	visibility := int32(r.Visibility)
	if visibility == 0 {
		visibility = int32(AppOnly)
	}
	return &pb.LocalResourceProto{
		Resource: u, Size: &r.SizeBytes, Timestamp: proto.Int64(r.ModTime.UnixMilli()), Type: &kind, Visibility: &visibility,
	}, nil
}

// parseURL splits a location as URLProto wants it. A missing port must be sent as -1: left out it reads as 0, and the
// NodeManager would look for hdfs://ns1:0/.
func parseURL(s string) (*pb.URLProto, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "" || u.Path == "" {
		return nil, fmt.Errorf("location %q: want scheme://authority/path", s)
	}
	port := int32(-1)
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("location %q: bad port", s)
		}
		port = int32(n)
	}
	p := &pb.URLProto{Scheme: &u.Scheme, Port: &port, File: &u.Path}
	if host := u.Hostname(); host != "" {
		p.Host = &host
	}
	if u.User != nil {
		p.UserInfo = proto.String(u.User.String())
	}
	return p, nil
}
