package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServeOptions say how a listener is served. Zero durations mean the defaults named at each.
type ServeOptions struct {
	Logger *slog.Logger

	// CertFile and KeyFile are PEM files; both or none. They are read again when they change.
	CertFile, KeyFile string

	HeaderTime   time.Duration // for the head of a request to arrive; 10 s
	IdleTime     time.Duration // for a kept connection without a request; 2 min
	ShutdownTime time.Duration // for requests in flight to be answered when ctx ends; 10 s
}

// headerBytes bounds the head of a request. A name of 65,535 bytes, each percent-encoded, fits into the path.
const headerBytes = 256 << 10

// Serve answers requests on ln with h until ctx ends. Then it takes no new ones, answers those in flight, and
// returns nil; those that take longer than ShutdownTime are cut off, which is an error. ln is closed in any case.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, o ServeOptions) error {
	defer ln.Close()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	server := &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            orElse(o.HeaderTime, 10*time.Second),
		IdleTimeout:                  orElse(o.IdleTime, 2*time.Minute),
		MaxHeaderBytes:               headerBytes,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug), // broken handshakes of strangers
		// No ReadTimeout and no WriteTimeout: bodies and answers have deadlines of their own (body.go,
		// exchange.go), because a long import or stream is not a slow client. The base context is not ctx:
		// requests in flight are to be answered when ctx ends.
	}
	serve := server.Serve
	if o.CertFile != "" || o.KeyFile != "" {
		certificate, err := openCertificate(o.CertFile, o.KeyFile, o.Logger)
		if err != nil {
			return err
		}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.get}
		serve = func(ln net.Listener) error { return server.ServeTLS(ln, "", "") }
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(ln) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), orElse(o.ShutdownTime, 10*time.Second))
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = fmt.Errorf("ending the requests in flight on %s: %w", ln.Addr(), errors.Join(err, server.Close()))
	}
	if reason := <-ended; !errors.Is(reason, http.ErrServerClosed) {
		err = errors.Join(err, reason)
	}
	return err
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
