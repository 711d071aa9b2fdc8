package system

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// The permissions of the routes.
const (
	permissionRead  = "system:read"
	permissionAdmin = "system:admin"
)

const zipContent = "application/zip"

// Register adds the routes to an API whose handlers may return faults.
func Register(api huma.API, s *Service) {
	operation := func(id, path, permission, summary, description string, problems ...int) huma.Operation {
		return huma.Operation{
			OperationID: "system-" + id, Method: http.MethodGet, Path: path, Summary: summary, Description: description,
			Metadata: map[string]any{"permission": permission}, Errors: problems,
		}
	}
	huma.Register(api, operation("get", "/system", permissionRead, "Ask how BunkerM is doing",
		"Versions, part by part how it is, what it costs, and what can be had of this broker."),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Report }, error) {
			return &struct{ Body Report }{s.Report(ctx)}, nil
		})

	op := operation("bundle", "/system/bundle", permissionAdmin, "Download a diagnostic bundle",
		"A zip archive with versions, settings, figures, the latest lines of the broker's log and its configuration. Passwords, hashes, keys and what "+
			"messages say are not in it. It is recorded who took one.", http.StatusTooManyRequests)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The archive", Content: map[string]*huma.MediaType{zipContent: {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}}
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		packed, err := s.Bundle(ctx)
		if err != nil {
			return nil, err
		}
		name := "bunkerm-" + s.o.Clock().UTC().Format("20060102-150405") + ".zip"
		return &huma.StreamResponse{Body: func(h huma.Context) {
			h.SetHeader("Content-Type", zipContent)
			h.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
			h.SetHeader("Cache-Control", "no-store")
			if _, err := h.BodyWriter().Write(packed); err != nil {
				s.log.Debug("sending a diagnostic bundle", "error", err) // the browser has gone
			}
		}}, nil
	})
}
