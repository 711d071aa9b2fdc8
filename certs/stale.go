package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"time"
)

const (
	servedWithin = 5 * time.Second        // a signal is taken at once, a large broker may be busy
	dialWithin   = 2 * time.Second        // one listener of this host, once
	askAgain     = 100 * time.Millisecond // while the former certificate is still shown
)

// stale are the listeners that show another certificate than the one in their file, when they had within to change that. Those
// that do not answer are left out: nothing is known of them. It ends early when over says so.
func stale(ctx context.Context, found []looked, within time.Duration, over func() bool) (old []string) {
	ctx, cancel := context.WithTimeout(ctx, within+dialWithin)
	defer cancel()
	until := time.Now().Add(within)
	for {
		old = nil
		for _, l := range found {
			if l.TLS && l.leaf != nil {
				if shown := shows(ctx, l.Listener); shown != nil && !bytes.Equal(shown, l.leaf.Raw) {
					old = append(old, l.Name)
				}
			}
		}
		if len(old) == 0 || !time.Now().Before(until) || over() {
			return old
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return old
		}
	}
}

// shows is the certificate that a listener of this host shows, in DER; nil where it does not answer.
func shows(ctx context.Context, l Listener) (shown []byte) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	hosts := []string{l.Address}
	if ip := net.ParseIP(l.Address); l.Address == "" || ip != nil && ip.IsUnspecified() {
		hosts = []string{"127.0.0.1", "::1"}
	}
	for _, host := range hosts {
		var d net.Dialer
		bare, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(l.Port)))
		if err != nil {
			continue
		}
		conn := tls.Client(bare, &tls.Config{
			InsecureSkipVerify: true, //nolint:gosec // it is compared with the one in the broker's own file
			MinVersion:         tls.VersionTLS10,
			VerifyConnection: func(state tls.ConnectionState) error {
				if len(state.PeerCertificates) > 0 {
					shown = state.PeerCertificates[0].Raw
				}
				return nil
			},
		})
		_ = conn.HandshakeContext(ctx) // it may want a certificate of ours, which we have not
		_ = conn.Close()
		return shown
	}
	return nil
}
