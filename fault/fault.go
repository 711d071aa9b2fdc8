// Package fault is the error vocabulary of BunkerM: what kind of thing went wrong, a sentence that is safe to
// show to anybody, a hint that says what to do next, and the cause for our own log.
//
// Every room may import it; it imports nothing but the standard library. The gateway maps kinds to HTTP in one
// place. An error that is not a fault is shown as Internal and logged in full.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind says what went wrong, in the terms of the caller.
type Kind uint8

// The kinds. The comment behind each is the HTTP status that the gateway answers with.
const (
	Internal         Kind = iota // 500: a defect or an unforeseen failure of ours
	Malformed                    // 400: the request cannot be read at all
	Unauthorized                 // 401: we do not know who asks
	Forbidden                    // 403: we know, and they may not
	NotFound                     // 404: no such thing in the path
	MethodNotAllowed             // 405
	Conflict                     // 409: contradicts what exists
	Precondition                 // 412: If-Match does not match
	TooLarge                     // 413
	UnsupportedMedia             // 415: not the content type that the route takes
	Invalid                      // 422: understood, but not acceptable
	TooMany                      // 429: asked too often
	Refused                      // 502: the broker said no
	Unavailable                  // 503: nothing was sent, the broker cannot be asked now
	Uncertain                    // 504: sent, no answer, and no way to read back
)

// Field is one place of a request that is not acceptable. Message never repeats the value: it may be a password.
type Field struct {
	Location string // a path into the request: body.roles[1].rolename, query.limit, path.id
	Message  string
}

// Error is the one error type that crosses rooms. Its methods return changed copies, so a fault declared once
// can be refined at each use.
type Error struct {
	Kind       Kind
	Message    string        // shown to the caller: no Go error text, path or secret
	HintText   string        // shown to the caller: what to do next; may be empty
	Fields     []Field       // shown to the caller
	RetryAfter time.Duration // when asking again makes sense; zero where it is not known
	cause      error         // for the log only
}

// New returns a fault with a message that is safe to show.
func New(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// Newf is New with formatting. Operands are shown to the caller.
func Newf(kind Kind, format string, args ...any) *Error {
	return New(kind, fmt.Sprintf(format, args...))
}

// Hint adds what the caller can do about it.
func (e *Error) Hint(text string) *Error {
	c := *e
	c.HintText = text
	return &c
}

// At adds a place of the request and what is wrong there.
func (e *Error) At(location, message string) *Error {
	c := *e
	c.Fields = append(slices.Clone(e.Fields), Field{Location: location, Message: message})
	return &c
}

// After adds how long to wait before asking again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Because adds the cause. It is logged and found by errors.Is and errors.As, and never shown.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Error is the text for the log: message and cause.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// From returns the fault in err's chain. An error without one becomes Internal, with err as its cause.
func From(err error) *Error {
	if f, ok := errors.AsType[*Error](err); ok {
		return f
	}
	return New(Internal, "something went wrong on our side").
		Hint("look for the request id in BunkerM's log").
		Because(err)
}

// Is reports whether err carries a fault of the given kind.
func Is(err error, kind Kind) bool {
	f, ok := errors.AsType[*Error](err)
	return ok && f.Kind == kind
}
