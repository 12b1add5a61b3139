// Package token reads and writes Hadoop's security tokens and the credential files that carry them.
//
// The ResourceManager hands an ApplicationMaster its credentials as a file (HADOOP_TOKEN_FILE_LOCATION), and every
// container is started with such a stream in its launch context. Start with ReadFile and Credentials:
//
//	creds, err := token.ReadFile(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
//	amrm, ok := creds.ByKind(token.KindAMRM)
//	rest := creds.Without(token.KindAMRM) // what may be passed on to workers
//
// # The stream
//
//	+------+---------+------------------------------------------------------------------+
//	| HDTS | version | body                                                             |
//	+------+---------+------------------------------------------------------------------+
//	  4      1         0: vint count, count x (Text alias, Token); vint count, count x (Text alias, vint n, n bytes)
//	                   1: varint length, CredentialsProto
//	Token = vint n, n identifier bytes; vint n, n password bytes; Text kind; Text service
//	Text  = vint n, n bytes of UTF-8          vint: WritableUtils, see writable.go
//
// Version 0 is written, since every Hadoop reads it; both are read. Trailing bytes are ignored, because Java programs
// often hand over a longer buffer than they filled.
//
// # Guarantees
//
// Input is treated as hostile: no length is believed before the bytes are there. Bytes of identifier and password
// pass through unchanged. Passwords and secrets never appear in String, GoString or a log; only in encoded streams.
//
// Sources: org.apache.hadoop.security.Credentials, .token.Token, org.apache.hadoop.io.WritableUtils, and the
// TokenIdentifier classes named at each identifier.
package token
