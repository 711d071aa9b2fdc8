package audit

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/query"
)

// FilterQuery is what the list and the export take.
type FilterQuery struct {
	Actor   string `query:"actor" maxLength:"1024" doc:"Only what this one did"`
	Action  string `query:"action" maxLength:"1024" doc:"Only this action; one that ends in * by its beginning" example:"client.*"`
	Object  string `query:"object" maxLength:"70000" doc:"Only what was done to this; one that ends in * by its beginning"`
	Via     string `query:"via" enum:"session,key,command,system,broker" doc:"Only what was done by this way"`
	Outcome string `query:"outcome" enum:"done,refused" doc:"Only what ended so"`
	Q       string `query:"q" maxLength:"1024" doc:"Only entries with this in any of their texts, without regard to case"`
	From    string `query:"from" maxLength:"64" doc:"Not before: RFC 3339, or a duration back from now"`
	To      string `query:"to" maxLength:"64" doc:"Before: RFC 3339, or a duration back from now"`
}

var errNotAcceptable = fault.New(fault.Invalid, "the request is not acceptable")

func (l *Log) filter(in FilterQuery) (Filter, error) {
	f := Filter{Actor: in.Actor, Action: in.Action, Object: in.Object, Via: in.Via, Outcome: in.Outcome, Q: in.Q}
	for text, into := range map[*string]*time.Time{&in.From: &f.From, &in.To: &f.To} {
		if *text == "" {
			continue
		}
		at, ok := query.Moment(*text, l.o.Clock())
		if !ok {
			where := "query.from"
			if into == &f.To {
				where = "query.to"
			}
			return f, errNotAcceptable.At(where, "is neither RFC 3339 nor a duration as in 15m, 24h, 7d")
		}
		*into = at
	}
	return f, nil
}

type entryPage struct {
	Entries    []Entry `json:"entries" nullable:"false" doc:"Newest first"`
	NextCursor string  `json:"next_cursor,omitempty" doc:"For the page behind; absent at the end"`
}

// Register adds the routes to an API whose handlers may return faults.
func Register(api huma.API, l *Log) {
	op := func(path, id, summary, description string) huma.Operation {
		return huma.Operation{OperationID: "audit-" + id, Method: http.MethodGet, Path: path, Summary: summary, Description: description,
			Tags: []string{"audit"}, Metadata: map[string]any{"permission": "audit:read"}}
	}
	huma.Register(api, op("/audit", "list", "List who did what", "Every change, sign-in, refusal and reveal, newest first. Pages are stable while new entries come."),
		func(ctx context.Context, in *struct {
			FilterQuery
			Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
			Cursor string `query:"cursor" maxLength:"20" doc:"next_cursor of the page before"`
		}) (*struct{ Body entryPage }, error) {
			f, err := l.filter(in.FilterQuery)
			if err != nil {
				return nil, err
			}
			before := int64(0)
			if in.Cursor != "" {
				if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before < 1 {
					return nil, errNotAcceptable.At("query.cursor", "is not one of ours")
				}
			}
			entries, more, err := l.Entries(ctx, f, before, in.Limit)
			if err != nil {
				return nil, err
			}
			page := entryPage{Entries: entries}
			if more {
				page.NextCursor = strconv.FormatInt(entries[len(entries)-1].ID, 10)
			}
			return &struct{ Body entryPage }{page}, nil
		})

	huma.Register(api, op("/audit/verify", "verify", "Check the chain", "Reads all entries and compares every hash with the one before."),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Verified }, error) {
			v, err := l.Verify(ctx)
			return &struct{ Body Verified }{v}, err
		})

	export := op("/audit/export", "export", "Export who did what", "A download of the entries that the filters let through, newest first: JSON lines, or CSV, whose cells "+
		"never begin as a formula. It is recorded.")
	export.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
		"application/x-ndjson": {Schema: &huma.Schema{Type: "string"}}, "text/csv": {Schema: &huma.Schema{Type: "string"}}}}}
	huma.Register(api, export, func(ctx context.Context, in *struct {
		FilterQuery
		Format string `query:"format" enum:"jsonl,csv" default:"jsonl" doc:"The kind of file"`
	}) (*huma.StreamResponse, error) {
		f, err := l.filter(in.FilterQuery)
		if err != nil {
			return nil, err
		}
		l.o.Record(ctx, "audit.export", "audit", nil, f)
		return &huma.StreamResponse{Body: func(h huma.Context) { l.download(ctx, h, in.Format, f) }}, nil
	})
}
