package monitor

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/fault"
)

// The permissions of the service's routes. payload:read is asked for where only a part of an answer needs it.
const (
	permissionRead     = "monitor:read"
	permissionPublish  = "monitor:publish"
	permissionPayload  = "payload:read"
	permissionSettings = "settings:write"
)

// operation describes a route of the service. Problems that every route can answer with are added by the gateway.
func operation(id, method, path, permission, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: "monitor-" + id, Method: method, Path: path, Summary: summary, Description: description,
		Tags: []string{"monitor"}, Metadata: map[string]any{"permission": permission},
		Errors: []int{http.StatusServiceUnavailable},
	}
}

// body is an answer without headers of its own.
type body[T any] struct{ Body T }

// instant is a time as answers show it: UTC with milliseconds.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// instantOrNull is instant, nil for the zero time.
func instantOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	at := instant(t)
	return &at
}

// notAcceptable is the fault of a request that was understood and is not acceptable at one place.
func notAcceptable(location, message string) *fault.Error {
	return fault.New(fault.Invalid, "the request is not acceptable").At(location, message)
}
