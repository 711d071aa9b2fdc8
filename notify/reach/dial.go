package reach

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	dialTimeout = 5 * time.Second
	mostHeader  = 64 << 10 // bytes of an answer's head
)

// ErrRefused is the error of an address that may not be dialled. It is found by errors.Is under whatever net and net/http
// wrap around it.
var ErrRefused error = fault.New(fault.Invalid, "the address leads into a private network, which this channel may not reach").
	Hint("if it is meant to, allow private addresses for this channel")

// Dialer returns a dialer for addresses of the internet, or with private for all.
func Dialer(private bool) *net.Dialer {
	d := &net.Dialer{Timeout: dialTimeout}
	if !private {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !Public(to.Addr()) {
				return ErrRefused
			}
			return nil
		}
	}
	return d
}

// Client returns an HTTP client that dials like Dialer. It follows no redirect, so that where a request goes is decided by
// who has set up the channel; uses no proxy, because a proxy would resolve names out of our sight; and checks certificates.
// Each request is to have a deadline in its context. trust says whose certificates are good; nil: those that the operating
// system trusts.
func Client(private bool, trust *tls.Config) *http.Client {
	dialer := Dialer(private)
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:        trust,
			TLSHandshakeTimeout:    dialTimeout,
			MaxResponseHeaderBytes: mostHeader,
			DisableKeepAlives:      true, // messages are rare, and a connection kept open would be one to a former address
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
