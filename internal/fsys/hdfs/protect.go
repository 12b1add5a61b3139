package hdfs

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"weft/yarnrpc/dn"
	"weft/yarnrpc/nn"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
)

// maxKeyAge is how long a data encryption key is used before a fresh one is
// fetched; DataNodes know each for hours (dfs.block.access.key.update.interval).
const maxKeyAge = time.Hour

// keys keeps the data encryption key of a file system. Guarded by FS.mu.
type keys struct {
	key     *nn.EncryptionKey
	fetched time.Time
}

// qops translates dfs.data.transfer.protection, a list of what is acceptable,
// best first.
func qops(list string) []sasl.QOP {
	var out []sasl.QOP
	for _, name := range strings.Split(strings.ToLower(list), ",") {
		switch strings.TrimSpace(name) {
		case "authentication":
			out = append(out, sasl.QOPAuth)
		case "integrity":
			out = append(out, sasl.QOPInt)
		case "privacy":
			out = append(out, sasl.QOPConf)
		}
	}
	return out
}

// secure does on a fresh connection what the cluster demands: nothing, or the
// handshake of SaslDataTransferClient with the data encryption key or, without
// one, the token of the block.
func (f *FS) secure(ctx context.Context, conn net.Conn, t token.Token) (net.Conn, error) {
	encrypt := strings.EqualFold(f.conf.String("dfs.encrypt.data.transfer", ""), "true")
	demanded := qops(f.conf.String("dfs.data.transfer.protection", ""))
	d, err := f.serverDefaults(ctx)
	if err != nil {
		return nil, err
	}
	if encrypt || d.EncryptData {
		key, err := f.encryptionKey(ctx)
		if err != nil {
			return nil, err
		}
		secured, err := dn.Secure(conn, dn.Protection{Key: key, Token: t, QOPs: []sasl.QOP{sasl.QOPConf}})
		if errors.Is(err, dn.ErrExpiredKey) {
			f.forgetKey()
		}
		return secured, err
	}
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	privileged := ok && addr.Port < 1024 // its being there is proof enough
	if len(demanded) == 0 || len(t.Identifier) == 0 || privileged {
		return conn, nil
	}
	return dn.Secure(conn, dn.Protection{Token: t, QOPs: demanded})
}

// encryptionKey is the current key, nil when the NameNode has none.
func (f *FS) encryptionKey(ctx context.Context) (*nn.EncryptionKey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.keys.fetched) < maxKeyAge {
		return f.keys.key, nil
	}
	key, ok, err := f.nn.EncryptionKey(ctx)
	if err != nil {
		return nil, err
	}
	f.keys = keys{fetched: time.Now()}
	if ok {
		f.keys.key = &key
	}
	return f.keys.key, nil
}

func (f *FS) forgetKey() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys = keys{}
}

// byName says that DataNodes are reached by their host names.
func (f *FS) byName() bool {
	return strings.EqualFold(f.conf.String("dfs.client.use.datanode.hostname", ""), "true")
}
