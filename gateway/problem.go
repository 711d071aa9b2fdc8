package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

// Problem is the body of every answer that is not a success (RFC 9457). It never carries a value of the request:
// that may be a password.
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank: the status says what kind of problem this is"`
	Title     string         `json:"title" doc:"The status in words" example:"Conflict"`
	Status    int            `json:"status" doc:"The HTTP status" example:"409"`
	Detail    string         `json:"detail" doc:"What is wrong, for people" example:"client already exists"`
	Hint      string         `json:"hint,omitempty" doc:"What to do about it"`
	Errors    []ProblemField `json:"errors,omitempty" nullable:"false" doc:"The places of the request that are not acceptable"`
	RequestID string         `json:"request_id" doc:"Also in the header X-Request-Id and in BunkerM's log"`
}

// ProblemField is one place of a request that is not acceptable.
type ProblemField struct {
	Location string `json:"location" doc:"A path into the request" example:"body.roles[1].rolename"`
	Message  string `json:"message" doc:"What is wrong there" example:"does not exist"`
}

const problemType = "application/problem+json"

// problemOf is how a fault looks from outside.
func problemOf(f *fault.Error, requestID string) *Problem {
	p := &Problem{Type: "about:blank", Title: http.StatusText(f.GetStatus()), Status: f.GetStatus(), Detail: f.Message,
		Hint: f.HintText, RequestID: requestID}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, ProblemField{Location: field.Location, Message: field.Message})
	}
	return p
}

// retryAfter is the value of the header of that name in whole seconds, rounded up, because asking earlier would fail
// again; "" where asking again is no help. What is away for the moment always has one.
func retryAfter(f *fault.Error) string {
	switch {
	case f.RetryAfter > 0:
		return strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds())))
	case f.Kind == fault.Unavailable:
		return "1"
	default:
		return ""
	}
}

// refuse answers with a problem, for whatever happens outside a service.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	h := w.Header()
	h.Set("Content-Type", problemType)
	if after := retryAfter(f); after != "" {
		h.Set("Retry-After", after)
	}
	w.WriteHeader(f.GetStatus())
	_ = writeJSON(w, problemOf(f, entered(r).id))
}

// asProblem is the transformer of our API: it turns what services and huma return as errors into problems, and
// leaves everything else alone. The content type is set here because huma has chosen one already.
func (g *Gateway) asProblem(ctx huma.Context, _ string, v any) (any, error) {
	var f *fault.Error
	switch e := v.(type) {
	case *fault.Error:
		f = e
	case *huma.ErrorModel:
		f = fromHuma(e)
	default:
		return v, nil
	}
	id := exchangeOf(ctx.Context()).id
	switch f.Kind {
	case fault.Internal:
		level := slog.LevelError
		if gone := ctx.Context().Err(); gone != nil && strings.Contains(f.Error(), gone.Error()) { // huma keeps but the words
			level = slog.LevelDebug // whoever asked has gone, and nobody reads on
		}
		g.log.Log(ctx.Context(), level, "a request failed", "request_id", id, "error", f)
		f = fault.From(nil) // whatever message it has, it was not meant for the caller
	case fault.Refused, fault.Uncertain:
		g.log.Warn("a request failed", "request_id", id, "error", f)
	case fault.Forbidden:
		// A service asks for more than its route does where it depends on the object.
		op := ctx.Operation()
		if permission, _ := permissionOf(op); permission != string(auth.Anybody) {
			g.o.Refused(ctx.Context(), permission, op.Method, op.Path)
		}
	case fault.Unavailable:
		g.log.Debug("a request failed", "request_id", id, "error", f)
	}
	ctx.SetHeader("Content-Type", problemType)
	if after := retryAfter(f); after != "" {
		ctx.SetHeader("Retry-After", after)
	}
	return problemOf(f, id), nil
}

// fromHuma reads huma's own error, which it makes for requests that do not fit the operation, and for errors of
// handlers that are no faults.
func fromHuma(e *huma.ErrorModel) *fault.Error {
	var f *fault.Error
	switch e.Status {
	case http.StatusBadRequest:
		f = fault.New(fault.Malformed, "the request cannot be read")
	case http.StatusRequestEntityTooLarge:
		f = fault.New(fault.TooLarge, "the body is too large")
	case http.StatusUnsupportedMediaType:
		f = fault.New(fault.UnsupportedMedia, "the content type is not one that this operation takes")
	case http.StatusUnprocessableEntity:
		f = errNotAcceptable
	default:
		cause := []string{e.Detail}
		for _, detail := range e.Errors {
			cause = append(cause, detail.Message)
		}
		return fault.From(nil).Because(errors.New(strings.Join(cause, ": ")))
	}
	for _, detail := range e.Errors {
		f = f.At(detail.Location, harmless(detail))
	}
	return f
}

var errNotAcceptable = fault.New(fault.Invalid, "the request is not acceptable")

// oneOf is how huma's message begins that lists what a value may be. It has nothing of the value in it.
const oneOf = "expected value to be one of "

// harmless returns a message of huma's validation unless it quotes the value, as those of its string formats do.
func harmless(detail *huma.ErrorDetail) string {
	if text, ok := detail.Value.(string); ok && text != "" && strings.Contains(detail.Message, text) && !strings.HasPrefix(detail.Message, oneOf) {
		return "is not acceptable"
	}
	return detail.Message
}

// writeJSON writes v with a line end. What cannot be encoded is an error; a client that has gone is not.
func writeJSON(w io.Writer, v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // no browser takes it for a page: nosniff, and the type says JSON
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("encoding an answer: %w", err)
	}
	_, _ = w.Write(text.Bytes())
	return nil
}
