package broker

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/bunkerm/bunkerm/fault"
)

// Trouble says why there is no connection to a broker, or none any more. It explains the connections that other
// packages of this room make; a Session tells the same in its Status.
type Trouble struct { //nolint:errname // it is not only returned as an error, but also kept as what is the matter
	State        State  // StateRefused where an operator has to mend something, else StateConnecting
	Detail, Hint string // as in Status
	Cause        error  // for the log; may be nil
}

// Error is the text for the log.
func (t *Trouble) Error() string {
	if t.Cause == nil {
		return t.Detail
	}
	return t.Detail + ": " + t.Cause.Error()
}

// Log writes how a connection is doing, which what names, and to which broker.
func (t *Trouble) Log(log *slog.Logger, what, broker string) {
	level := slog.LevelWarn
	if t.State == StateConnected || t.State == StateClosed {
		level = slog.LevelInfo
	}
	attrs := []slog.Attr{slog.String("state", string(t.State)), slog.String("broker", broker)}
	if t.Detail != "" {
		attrs = append(attrs, slog.String("detail", t.Detail))
	}
	if t.Hint != "" {
		attrs = append(attrs, slog.String("hint", t.Hint))
	}
	if t.Cause != nil {
		attrs = append(attrs, slog.Any("error", t.Cause))
	}
	log.LogAttrs(context.Background(), level, what, attrs...)
}

// Unwrap returns the cause.
func (t *Trouble) Unwrap() error { return t.Cause }

// Reach dials the endpoint and reads the password of the account. Its error is a *Trouble.
func (e Endpoint) Reach(ctx context.Context) (conn net.Conn, password string, err error) {
	conn, password, err = e.open(ctx)
	if c, ok := errors.AsType[*condition](err); ok {
		return nil, "", e.trouble(c)
	}
	return conn, password, err
}

// Refused explains a CONNACK with a reason code that is not 0.
func (e Endpoint) Refused(code byte) *Trouble { return e.trouble(explainConnack(code, e.Username)) }

// Unanswered explains why no CONNACK came over a connection that Reach returned.
func (e Endpoint) Unanswered(conn net.Conn, err error) *Trouble {
	return e.trouble(explainHandshake(e.Name, wantedCertificate(conn), err))
}

// Lost explains the end of a connection that worked. code is that of the broker's DISCONNECT, 0 when there was none.
func (e Endpoint) Lost(code byte, cause error) *Trouble {
	c := lostConnection(cause)
	c.hearGoodbye(code)
	return e.trouble(c)
}

func (e Endpoint) trouble(c *condition) *Trouble {
	t := c.Trouble
	t.Hint = e.hintFor(c)
	return &t
}

// open dials and reads the password. Its error is a condition.
func (e Endpoint) open(ctx context.Context) (conn net.Conn, password string, err error) {
	if e.Password != nil {
		password, err = e.Password()
		if err != nil {
			unusable := &condition{Trouble: Trouble{State: StateRefused, Detail: "the password of BunkerM's broker account cannot be read",
				Hint: "BunkerM's log names the file and the reason", Cause: err}}
			if f, ok := errors.AsType[*fault.Error](err); ok {
				unusable.Detail, unusable.Hint = f.Message, f.HintText
			}
			return nil, "", unusable
		}
	}
	conn, err = e.Dial(ctx)
	if err != nil {
		return nil, "", explainDial(e.Name, err)
	}
	return conn, password, nil
}

// wantedCertificate tells whether the other side of TLS asked for a client certificate.
func wantedCertificate(conn net.Conn) bool {
	tlsSide, isTLS := conn.(interface{ wantedCertificate() bool })
	return isTLS && tlsSide.wantedCertificate()
}

// hintFor is the condition's own advice, or the endpoint's where the account is the matter.
func (e Endpoint) hintFor(c *condition) string {
	if e.Remedy != "" && (c.State == StateRefused || c.State == StateNoRights) {
		return e.Remedy
	}
	return c.Hint
}

// hearGoodbye adds what the broker said when it ended the connection, if it said anything.
func (c *condition) hearGoodbye(code byte) {
	switch code {
	case 0:
	case takenOver:
		c.takenOver = true
		c.Detail = "somebody else connected with BunkerM's client id and took the session over"
		c.Hint = "any account can do that when it knows the id: the broker's log says who it was"
	default:
		c.Detail = "the broker ended the connection: " + describeReason(code)
		c.Hint = "the broker's log says why; the connection is being made again"
	}
}
