package dynsec

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/fault"
)

// PlannedWrite is a request that shall not be carried out yet.
type PlannedWrite struct {
	Method string          `json:"method" enum:"POST,PUT,DELETE" doc:"Of the planned request"`
	Path   string          `json:"path" maxLength:"1000000" doc:"Of the planned request, percent-encoded, with its query" example:"/dynsec/roles/reader"`
	Body   json.RawMessage `json:"body,omitempty" doc:"Of the planned request; the text of a CSV file as a string"`
}

// registerImpact adds the route that rehearses the others. The planned request goes through the same API, so it is
// checked, refused and planned exactly as it would be.
func registerImpact(api huma.API, s *Service) {
	op := writing("impact", http.MethodPost, "/dynsec/impact", "See who would be disconnected",
		"Rehearses a write of this service without carrying it out, and names the users whose sessions the broker would end. "+
			"A request that would be refused is refused here in the same way. A write that changes nothing ends no session.")
	op.MaxBodyBytes = MaxImport + 1<<20
	huma.Register(api, op, func(ctx context.Context, in *struct{ Body PlannedWrite }) (*plain[ImpactResult], error) {
		planned, err := in.Body.request(ctx)
		if err != nil {
			return nil, err
		}
		result, err := s.Impact(ctx, func(ctx context.Context) error {
			answer := &heardAnswer{header: http.Header{}, status: http.StatusOK}
			api.Adapter().ServeHTTP(answer, planned.WithContext(ctx))
			return answer.fault()
		})
		if err != nil {
			return nil, err
		}
		return &plain[ImpactResult]{Body: result}, nil
	})
}

// request makes the planned request.
func (p PlannedWrite) request(ctx context.Context) (*http.Request, error) {
	path := strings.TrimPrefix(p.Path, "/api")
	target, err := url.ParseRequestURI(path)
	var problems problems
	switch {
	case err != nil || target.Host != "" || !strings.HasPrefix(path, "/dynsec/"):
		problems.add("body.path", "must be the path of a write of this service, as in /dynsec/clients/lamp")
	case strings.HasPrefix(target.Path, "/dynsec/impact") || strings.HasPrefix(target.Path, "/dynsec/check"):
		problems.add("body.path", "must be the path of a write; this one changes nothing")
	}
	switch p.Method {
	case http.MethodPost, http.MethodPut, http.MethodDelete:
	default:
		problems.add("body.method", "must be POST, PUT or DELETE")
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	body, contentType := []byte(p.Body), "application/json"
	var file string
	if len(body) > 0 && body[0] == '"' && json.Unmarshal(body, &file) == nil {
		body, contentType = []byte(file), "text/csv"
	}
	r, err := http.NewRequestWithContext(ctx, p.Method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fault.New(fault.Invalid, "the planned request is not acceptable").Because(err)
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", contentType)
	}
	return r, nil
}

// heardAnswer keeps the answer to a rehearsed request instead of sending it.
type heardAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the header of the answer.
func (a *heardAnswer) Header() http.Header { return a.header }

// WriteHeader keeps the status.
func (a *heardAnswer) WriteHeader(status int) { a.status = status }

// Write keeps the body.
func (a *heardAnswer) Write(p []byte) (int, error) { return a.body.Write(p) }

// fault makes a fault of an answer that is a problem, nil of any other.
func (a *heardAnswer) fault() error {
	if a.status < http.StatusBadRequest {
		return nil
	}
	var problem struct {
		Detail, Hint string
		Errors       []struct{ Location, Message string }
	}
	if err := json.Unmarshal(a.body.Bytes(), &problem); err != nil || problem.Detail == "" {
		problem.Detail = "the planned request would be refused"
	}
	kind := fault.Internal
	for k := fault.Internal; k <= fault.Uncertain; k++ {
		if fault.New(k, "").GetStatus() == a.status {
			kind = k
		}
	}
	f := fault.New(kind, problem.Detail).Hint(problem.Hint)
	for _, e := range problem.Errors {
		location := e.Location
		if rest, ok := strings.CutPrefix(location, "body."); ok {
			location = "body.body." + rest
		}
		f = f.At(location, e.Message)
	}
	return f
}
