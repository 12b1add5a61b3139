package rm

import (
	"context"
	"time"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/token"
)

// DelegationToken asks for a token with which others may call the ResourceManager as this user. renewer is who may
// renew it: the ResourceManager's principal. The token comes with an empty service; the caller sets it to the comma list
// of all ResourceManagers' ip:port.
func (c *Client) DelegationToken(ctx context.Context, renewer string) (token.Token, error) {
	var resp pb.GetDelegationTokenResponseProto
	err := c.call.Call(ctx, "getDelegationToken", &pb.GetDelegationTokenRequestProto{Renewer: &renewer}, &resp)
	return token.FromProto(resp.Token), err
}

// RenewDelegationToken prolongs a token and returns the time until which it is valid now. Only its renewer may.
func (c *Client) RenewDelegationToken(ctx context.Context, t token.Token) (time.Time, error) {
	var resp pb.RenewDelegationTokenResponseProto
	if err := c.call.Call(ctx, "renewDelegationToken", &pb.RenewDelegationTokenRequestProto{Token: t.Proto()}, &resp); err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(int64(resp.GetNewExpiryTime())), nil
}

// CancelDelegationToken makes a token invalid at once.
func (c *Client) CancelDelegationToken(ctx context.Context, t token.Token) error {
	return c.call.Call(ctx, "cancelDelegationToken", &pb.CancelDelegationTokenRequestProto{Token: t.Proto()}, &pb.CancelDelegationTokenResponseProto{})
}
