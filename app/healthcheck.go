package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/gateway"
)

// addressFile holds the URL at which the running server answers on this host, because the port may have been
// chosen by us. It is for Healthcheck; nothing secret.
func addressFile(dataDir string) string { return filepath.Join(dataDir, "run", "url") }

// localURL is how this host reaches a listener: an unspecified address becomes loopback.
func localURL(addr net.Addr, secure bool) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

// Healthcheck asks the BunkerM that runs on o.DataDir whether it is ready. The fault says what is not, in the
// words of /readyz.
func Healthcheck(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	base, err := os.ReadFile(addressFile(o.DataDir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Newf(fault.Unavailable, "BunkerM does not run on %s", o.DataDir).
			Hint("start it, or name its folder with --data-dir")
	case err != nil:
		return fault.Newf(fault.Unavailable, "where the BunkerM on %s answers cannot be read", o.DataDir).Because(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSpace(string(base))+"/readyz", nil)
	if err != nil {
		return fault.New(fault.Unavailable, "the address that BunkerM left is not usable").Because(err)
	}
	// The certificate names the host as others see it, not loopback, and nothing secret is sent or believed.
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
	}}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, "BunkerM does not answer").
			Hint("see whether it runs, and what its log says").Because(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	var told struct{ Parts []gateway.Part }
	if json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&told) != nil {
		return fault.Newf(fault.Unavailable, "BunkerM is not ready: %s", answer.Status)
	}
	f := fault.New(fault.Unavailable, "BunkerM is not ready")
	for _, part := range told.Parts {
		if !part.Ready {
			words := slices.DeleteFunc([]string{part.State, part.Detail, part.Hint}, func(word string) bool { return word == "" })
			f = f.At(part.Name, strings.Join(words, "; "))
		}
	}
	return f
}
