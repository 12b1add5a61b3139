// Package rm is the client of a ResourceManager for whoever submits and watches applications
// (org.apache.hadoop.yarn.api.ApplicationClientProtocol, port 8032).
//
//	client, err := rm.New(yarnrpc.Options{Addresses: []string{"localhost:8032"}, User: "alice"})
//	app, err := client.NewApplication(ctx)
//	err = client.Submit(ctx, rm.Submission{ID: app.ID, Name: "copy", Queue: "default", Resource: size, Launch: context})
//	report, err := client.WaitAccepted(ctx, app.ID)
//
// Every call may be repeated without harm (a second submission of a known id is taken for the first), so a Client goes
// through failovers of the ResourceManager by itself, for Options.RetryFor.
package rm
