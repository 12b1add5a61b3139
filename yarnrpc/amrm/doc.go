// Package amrm is an ApplicationMaster's client of the ResourceManager
// (org.apache.hadoop.yarn.api.ApplicationMasterProtocol, port 8030).
//
//	creds, err := token.ReadFile(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
//	client, err := amrm.New(yarnrpc.Options{Addresses: []string{"localhost:8030"}}, creds)
//	reg, err := client.Register(ctx, amrm.Registration{Host: host, TrackingURL: url})
//	for { // at least once a second while containers are wanted, and well within the expiry interval otherwise
//		resp, err := client.Allocate(ctx, amrm.Request{Asks: asks, Progress: done})
//	}
//	err = client.Finish(ctx, amrm.Finish{Status: record.FinalSucceeded})
//
// # Guarantees
//
//   - The response id is kept here: a heartbeat whose answer was lost is repeated with the same id, and the
//     ResourceManager answers it a second time instead of doing it twice.
//   - A rolled AMRM token is stored at once and used for the next connection, which is opened for the next call.
//   - Finish returns when the ResourceManager has acknowledged the end, not before.
//
// # What the caller must do
//
// After an error that errors.Is(err, yarnrpc.ErrResync): Register again, then send every ask, release and blacklist
// entry again. After yarnrpc.ErrAttemptOver or ErrInvalidToken: stop, and change nothing.
package amrm
