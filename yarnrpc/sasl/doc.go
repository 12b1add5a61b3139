// Package sasl authenticates a Hadoop RPC connection: SIMPLE, or TOKEN by DIGEST-MD5 with integrity and privacy.
//
// Even without security in the cluster an ApplicationMaster needs TOKEN: the ResourceManager's scheduler port and every
// NodeManager accept nothing else. Negotiate runs the exchange; what it returns says who the connection speaks for and
// how later frames are wrapped:
//
//	client                                     server
//	NEGOTIATE                          ->
//	                                   <-      NEGOTIATE, auths in the server's order (TOKEN with its first challenge)
//	INITIATE, chosen auth, response    ->
//	                                   <-      CHALLENGE, token      repeated as
//	RESPONSE, token                    ->                            the mechanism needs
//	                                   <-      SUCCESS, final token (verified here)
//	connection context, calls; wrapped in WRAP messages if a Layer was agreed
//
// A server without SASL answers SUCCESS at once; that is accepted only if SIMPLE was among the mechanisms offered. After
// INITIATE with SIMPLE the server says nothing.
//
// A mechanism is one file and one type that implements Mechanism: simple.go, token.go. It serves one connection; its
// Layer keeps running cipher state, so packets must be wrapped and unwrapped in order.
//
// DIGEST-MD5 and its ciphers are weak by today's measure. They are what Hadoop speaks; put TLS or an isolated network
// around it where that matters.
//
// Sources: org.apache.hadoop.security.{SaslRpcClient,SaslRpcServer}, RFC 2831, and the JDK's DIGEST-MD5 provider, which
// Hadoop servers run and against whose output the tests compare.
package sasl
