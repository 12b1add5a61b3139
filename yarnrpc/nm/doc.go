// Package nm is an ApplicationMaster's client of all NodeManagers
// (org.apache.hadoop.yarn.api.ContainerManagementProtocol).
//
//	client, err := nm.New(yarnrpc.Options{})
//	client.SetToken(node, tok)                 // whenever amrm brings one
//	err = client.Start(ctx, container, launch) // nil: accepted; the end comes through amrm
//	status, err := client.Status(ctx, container.Node, container.ID)
//
// A NodeManager believes only the token that the ResourceManager issued for it, so the client keeps one token and, while
// it is used, one connection per node. A new token takes effect with the next call.
//
// # Guarantees
//
// Start is safe to repeat: a container that the node has already taken is no error. Nothing here waits for a container to
// run or to end. Errors of one container in a call for many do not hide the others.
package nm
