package gateway

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	bodyBytes = 1 << 20          // the most a body has where the operation does not say otherwise
	bodyTime  = 30 * time.Second // for a body of that size to arrive
	fileTime  = 2 * time.Minute  // for a larger one
)

// bodyRules are what a body of one operation must keep to before huma sees it.
type bodyRules struct {
	limit    int64
	time     time.Duration
	required bool
	types    []string     // content types, sorted
	schema   *huma.Schema // of the JSON body; nil where the handler reads it itself
	registry huma.Registry
}

// bodyRules returns the rules for op, nil when it takes no body.
func (t *routes) bodyRules(op *huma.Operation) *bodyRules {
	if op.RequestBody == nil {
		return nil
	}
	rules := &bodyRules{limit: op.MaxBodyBytes, time: bodyTime, required: op.RequestBody.Required}
	if rules.limit <= 0 {
		rules.limit = bodyBytes
	}
	if rules.limit > bodyBytes {
		rules.time = fileTime
	}
	for contentType, media := range op.RequestBody.Content {
		rules.types = append(rules.types, contentType)
		if contentType == "application/json" && !op.SkipValidateBody {
			rules.schema = media.Schema
		}
	}
	slices.Sort(rules.types)
	rules.registry = t.g.api.OpenAPI().Components.Schemas
	return rules
}

// take reads the body of r, checks it, and puts it back for huma.
func (b *bodyRules) take(w http.ResponseWriter, r *http.Request) *fault.Error {
	// The type is checked before the body is read: nobody should send 10 MiB to learn that it is not wanted.
	typed := b.checkType(r.Header.Get("Content-Type"))
	if typed != nil && r.ContentLength > 0 {
		return typed
	}
	data, f := b.read(w, r)
	switch {
	case f != nil:
		return f
	case len(data) == 0 && b.required:
		return fault.New(fault.Malformed, "a body is needed").Hint("send one of the type " + strings.Join(b.types, " or "))
	case len(data) > 0 && typed != nil:
		return typed
	case len(data) > 0 && b.schema != nil:
		if f := checkJSON(data, b.schema, b.registry); f != nil {
			return f
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	r.ContentLength = int64(len(data))
	return nil
}

// read returns the body, within its limits of size and time.
func (b *bodyRules) read(w http.ResponseWriter, r *http.Request) ([]byte, *fault.Error) {
	tooLarge := fault.Newf(fault.TooLarge, "the body is larger than %d bytes", b.limit)
	if r.ContentLength > b.limit {
		return nil, tooLarge
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(b.time)) // a recorder in a test has no deadlines
	if own, ok := w.(*writer); ok {
		w = own.ResponseWriter // net/http recognises its own writer and closes the connection of a body too large
	}
	var data bytes.Buffer
	if r.ContentLength > 0 {
		data.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := data.ReadFrom(http.MaxBytesReader(w, r.Body, b.limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fault.Newf(fault.Malformed, "the body did not arrive within %v", b.time)
	case err != nil:
		return nil, fault.New(fault.Malformed, "the body did not arrive whole").Because(err)
	}
	// The handler may take longer than the body was allowed to, and an expired deadline would end its context.
	_ = connection.SetReadDeadline(time.Time{})
	return data.Bytes(), nil
}

// checkType reports what is wrong with a content type.
func (b *bodyRules) checkType(header string) *fault.Error {
	contentType, parameters, err := mime.ParseMediaType(header)
	charset := strings.ToLower(parameters["charset"])
	if err == nil && slices.Contains(b.types, contentType) && (charset == "" || charset == "utf-8" || charset == "us-ascii") {
		return nil
	}
	want := strings.Join(b.types, " or ")
	return fault.New(fault.UnsupportedMedia, "this takes "+want+", in UTF-8").Hint("send the header Content-Type: " + b.types[0])
}
