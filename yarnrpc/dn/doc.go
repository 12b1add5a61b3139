// Package dn speaks the data transfer protocol with DataNodes, as far as a writer needs it
// (org.apache.hadoop.hdfs.protocol.datatransfer: Sender, PacketHeader, PipelineAck; DataTransferSaslUtil for the
// handshake). It turns messages into bytes and back and secures a connection; who is connected when, and what happens
// after a failure, is its caller's business.
//
// A block is written over one connection, to the first node of a pipeline that passes everything on to the next:
//
//	writer                          first node ... last node
//	[handshake, see Secure]    <->
//	version, opcode, request    ->                              AppendWriteRequest
//	                           <-   response of all nodes       ReadResponse
//	packet, packet, ...         ->                              Packet
//	                           <-   ack, ack, ...               Ack, one for each packet, in order
//	empty packet, marked last   ->
//	                           <-   ack: the block is closed on every node of the pipeline
//
// Acknowledgements and responses name the node of the pipeline that failed: Ack.Bad, Refusal.BadLink.
//
//	head, err := dn.AppendWriteRequest(nil, dn.WriteRequest{Block: located, Client: holder, Stage: dn.SetupCreate})
//	_, err = conn.Write(head)
//	err = dn.ReadResponse(in)
//	p := dn.NewPacket()
//	p.Fill(data)
//	_, err = conn.Write(p.Seal(0, false))
//
// # Guarantees
//
//   - What a peer sends is bounded before it is stored, and never makes a panic (fuzzed).
//   - A packet is encoded in place: filling, sealing and reading acks allocate nothing.
package dn
