// Package hrpc turns Hadoop RPC messages into bytes and back. It opens no sockets and keeps no state: package yarnrpc
// does that on top of it, and yarntest plays the server with it.
//
// A connection of Hadoop RPC, IPC version 9:
//
//	client -> server   preamble: "hrpc" 09 00 auth        auth: 00 none, DF SASL; once, never answered
//	both directions    frames:   int32 length | body      big-endian, the length counts the body
//
//	body of                  (every part: varint length | protobuf message)
//	  request                RpcRequestHeader | RequestHeader | request message
//	  context                RpcRequestHeader (call -3) | IpcConnectionContext
//	  SASL, client           RpcRequestHeader (call -33, empty client id) | RpcSasl
//	  ping                   RpcRequestHeader (call -4)
//	  answer, success        RpcResponseHeader | response message
//	  answer, error or fatal RpcResponseHeader
//	  SASL, server           RpcResponseHeader (call -33) | RpcSasl
//
// Start with AppendRequest and ParseResponse. The limits given to ReadFrame hold before anything is allocated, so a
// hostile length costs nothing. Every decoder has a fuzz target.
//
// Sources: org.apache.hadoop.ipc.{Client,Server,RpcConstants}, org.apache.hadoop.util.ProtoUtil, RpcHeader.proto.
package hrpc
