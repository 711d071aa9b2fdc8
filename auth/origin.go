package auth

import (
	"context"
	"net/netip"
)

// Origin is where a request came from, as far as a proxy that we trust tells. The gateway puts it into the context.
type Origin struct {
	RequestID string
	Address   netip.Addr // of the client, behind trusted proxies too; invalid for a unix socket
	UserAgent string     // as sent: hostile text
	Scheme    string     // http or https, as the browser sees it
	Host      string     // host and port as the browser sees them: hostile text where no --public-url is set
	BasePath  string     // what stands before our paths for the browser: begins and ends with a slash
}

type originKey struct{}

// WithOrigin returns a context of a request that came from o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom returns where the request of ctx came from, the zero value where there is no request.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
