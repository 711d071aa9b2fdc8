package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/gateway"
)

// localTime is how long the running server may take to answer the command line; a password hash on a small board
// takes seconds.
const localTime = time.Minute

// Local speaks with the BunkerM that runs on a data directory of this host.
type Local struct {
	dataDir string
	page    string // where browsers find the page, if the settings say so
	client  *http.Client
}

// NewLocal prepares to speak with the BunkerM that runs on o.DataDir.
func NewLocal(o Options) *Local {
	socket := socketFile(o.DataDir)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return keeper.DialUnix(ctx, socket) }
	return &Local{dataDir: o.DataDir, page: o.PublicURL,
		client: &http.Client{Timeout: localTime, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// ask sends a request and reads the answer into what into points to, unless it is nil. Bytes take the answer as it is.
func (l *Local) ask(ctx context.Context, method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encoding a request: %w", err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://bunkerm/api"+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("asking BunkerM: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := l.client.Do(request)
	if err != nil {
		return l.unreachable(err)
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	if err != nil && answer.StatusCode >= http.StatusBadRequest {
		return fault.Newf(fault.Invalid, "BunkerM refuses: %s", answer.Status) // before it has read all of the request
	}
	if err != nil {
		return fmt.Errorf("reading BunkerM's answer: %w", err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return asFault(text)
	}
	if into == nil {
		return nil
	}
	if asItIs, ok := into.(*[]byte); ok {
		*asItIs = text
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading BunkerM's answer: %w", err)
	}
	return nil
}

// unreachable says why the running server could not be asked. The cause says no more than this, but for one that is none
// of these.
func (l *Local) unreachable(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fault.Newf(fault.Unavailable, "you may not speak with the BunkerM on %s", l.dataDir).
			Hint("run this as the user who runs it, or as root")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fault.Newf(fault.Unavailable, "BunkerM does not run on %s", l.dataDir).
			Hint("start it, or name its folder with --data-dir; then repeat this")
	default:
		return fault.Newf(fault.Unavailable, "the BunkerM on %s does not answer", l.dataDir).Because(err)
	}
}

// asFault is a problem as the command line shows it.
func asFault(text []byte) error {
	var p gateway.Problem
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("reading BunkerM's answer: %w", err)
	}
	message := []string{p.Detail}
	for _, field := range p.Errors {
		message = append(message, strings.TrimPrefix(field.Location, "body.")+" "+field.Message)
	}
	return fault.New(fault.Invalid, strings.Join(message, ": ")).Hint(p.Hint)
}

// CreateUser makes an account. An empty password has one made, which is returned.
func (l *Local) CreateUser(ctx context.Context, username, role, password string) (string, error) {
	n := auth.NewUser{Username: username, Role: auth.Role(role)}
	if password != "" {
		n.Password = &password
	}
	var made struct{ Password string }
	err := l.ask(ctx, http.MethodPost, "/auth/users", n, &made)
	return made.Password, err
}

// Users lists all accounts.
func (l *Local) Users(ctx context.Context) (all []auth.User, err error) {
	const atOnce = 1000
	for {
		var page struct{ Users []auth.User }
		if err := l.ask(ctx, http.MethodGet, fmt.Sprintf("/auth/users?limit=%d&offset=%d", atOnce, len(all)), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Users...)
		if len(page.Users) < atOnce {
			return all, nil
		}
	}
}

// ResetUser gives an account a new password, which is returned.
func (l *Local) ResetUser(ctx context.Context, username string) (string, error) {
	var made struct{ Password string }
	err := l.ask(ctx, http.MethodPost, "/auth/users/"+url.PathEscape(username)+"/reset", nil, &made)
	return made.Password, err
}

// SetUserRole changes what an account may do.
func (l *Local) SetUserRole(ctx context.Context, username, role string) error {
	wanted := auth.Role(role)
	return l.ask(ctx, http.MethodPut, "/auth/users/"+url.PathEscape(username), auth.UserFields{Role: &wanted}, nil)
}

// RemoveUser deletes an account.
func (l *Local) RemoveUser(ctx context.Context, username string) error {
	return l.ask(ctx, http.MethodDelete, "/auth/users/"+url.PathEscape(username), nil, nil)
}

// SetupURL makes a new set-up token and returns the address at which it makes the first account.
func (l *Local) SetupURL(ctx context.Context) (string, error) {
	var made struct{ Token string }
	if err := l.ask(ctx, http.MethodPost, "/auth/setup-token", nil, &made); err != nil {
		return "", err
	}
	if l.page != "" {
		return setupURL(l.page, made.Token), nil
	}
	base, err := os.ReadFile(addressFile(l.dataDir))
	if err != nil {
		return "", fmt.Errorf("reading BunkerM's address: %w", err)
	}
	return setupURL(strings.TrimSpace(string(base)), made.Token), nil
}
