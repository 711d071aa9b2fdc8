package backup

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

const gzipContent = "application/gzip"

type keptAnswer struct{ Body Kept }

// Register adds the routes to an API whose handlers may return faults.
func Register(api huma.API, s *Service) {
	huma.Register(api, huma.Operation{
		OperationID: "system-backups", Method: http.MethodGet, Path: "/system/backups", Summary: "List the backups that are kept",
		Description: "Those of the last nights, on BunkerM's own disk, and how they are going. `bunkerm restore` brings one back.",
		Metadata:    map[string]any{"permission": "system:admin"}, Errors: []int{http.StatusServiceUnavailable},
	}, func(context.Context, *struct{}) (*keptAnswer, error) {
		k, err := s.Kept()
		return &keptAnswer{k}, err
	})
	huma.Register(api, huma.Operation{
		OperationID: "system-backup-now", Method: http.MethodPost, Path: "/system/backups", Summary: "Make a backup that is kept",
		Description: "As in the night, without waiting for it. The oldest goes when there are more than are kept. The answer comes when it is made.",
		Metadata:    map[string]any{"permission": "system:admin"},
		Errors:      []int{http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, func(ctx context.Context, _ *struct{}) (*keptAnswer, error) {
		k, err := s.Now(ctx)
		return &keptAnswer{k}, err
	})
	op := huma.Operation{
		OperationID: "system-backup", Method: http.MethodGet, Path: "/system/backup", Summary: "Download a backup",
		Description: "A tar archive, compressed with gzip, with everything that `bunkerm restore` needs: the database, the broker's folder, certificates " +
			"and keys. Whoever has it can do whatever this installation can. An answer that is cut off is no backup; `bunkerm restore` finds that out. " +
			"It is recorded who took one.",
		Metadata: map[string]any{"permission": "system:admin"}, Errors: []int{http.StatusTooManyRequests, http.StatusServiceUnavailable},
		Responses: map[string]*huma.Response{"200": {
			Description: "The archive", Content: map[string]*huma.MediaType{gzipContent: {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
		}},
	}
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		taken, err := s.Take(ctx)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(h huma.Context) { taken.send(h) }}, nil
	})
}

// send answers with the archive. When that fails the connection is cut: nobody takes what has arrived for a whole one.
func (t *Taken) send(h huma.Context) {
	h.SetHeader("Content-Type", gzipContent)
	h.SetHeader("Content-Disposition", `attachment; filename="`+t.Name("bunkerm")+`"`)
	h.SetHeader("Cache-Control", "no-store")
	_, err := t.Write(h.Context(), h.BodyWriter())
	if closed := t.Close(); closed != nil {
		t.s.log.Warn("removing what a backup was prepared in", "error", closed)
	}
	if err != nil {
		t.s.log.Warn("a backup was not sent as a whole", "error", err)
		panic(http.ErrAbortHandler)
	}
}
