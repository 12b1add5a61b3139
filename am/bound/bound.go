// Package bound gives calls into plugins a deadline that names itself.
//
// What a plugin asks of its system may take long, a preSql that deletes a table
// for an hour, yet nothing may take for ever: the run would hang without a word.
// The plugin must honour its context; the error then says what took too long,
// and how long that is.
//
//	err := bound.Call(ctx, time.Hour, "prepare target", target.Prepare)
package bound

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/plugins"
)

// Call calls with a deadline. An error that it caused is Permanent, with
// plugins.ReasonTimeout; any other comes back as it is.
func Call(ctx context.Context, limit time.Duration, what string, call func(context.Context) error) error {
	late := fmt.Errorf("%s took longer than %s", what, limit)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	err := call(ctx)
	if err != nil && context.Cause(ctx) == late {
		return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonTimeout, Err: errors.Join(late, err)}
	}
	return err
}
