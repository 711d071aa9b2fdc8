package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// routes is the huma.Adapter of our API: the services' operations on a mux of their own, each behind its
// permission and the rules for bodies.
type routes struct {
	g          *Gateway
	mux        *http.ServeMux
	operations []*huma.Operation
	services   map[string]bool // first segments of the paths
	anybody    map[string]bool // method and path of the routes that need nobody to be known
	unguarded  []error
	sealed     bool
}

// permissionOf returns the permission that an operation declares, and whether there is such a one.
func permissionOf(op *huma.Operation) (string, bool) {
	permission, _ := op.Metadata["permission"].(string)
	known := permission == string(auth.Anybody) || slices.Contains(auth.Permissions(), auth.Permission(permission))
	return permission, known
}

// bare reports whether the paths that begin with a segment are served without /api too: those of the five services and
// their settings are. All other words are for the page.
func (t *routes) bare(segment string) bool {
	switch segment {
	case "auth", "audit", "stream", "system":
		return false
	}
	return t.services[segment]
}

// Handle is called by huma for each operation that is registered.
func (t *routes) Handle(op *huma.Operation, handler func(huma.Context)) {
	name := op.Method + " " + op.Path
	permission, known := permissionOf(op)
	switch {
	case t.sealed:
		panic("gateway: " + name + " is registered after Seal")
	case !known:
		t.unguarded = append(t.unguarded, fmt.Errorf("%s names no known permission (%q)", name, permission))
		return
	}
	open := permission == string(auth.Anybody)
	if open {
		if len(wildcards(op.Path)) > 0 {
			panic("gateway: " + name + " is for anybody and has a path of many")
		}
		t.anybody[strings.ToUpper(op.Method)+" "+op.Path] = true
	}
	t.operations = append(t.operations, op)
	t.services[firstSegment(op.Path)] = true

	rules, names, streaming := t.bodyRules(op), wildcards(op.Path), mayStream(op)
	// huma would limit and time the body again, with errors of its own, and its read deadline would outlive the
	// body and end a handler that takes longer.
	op.MaxBodyBytes, op.BodyReadTimeout = -1, 0

	t.mux.HandleFunc(strings.ToUpper(op.Method)+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		if !open && !auth.Permitted(r.Context(), permission) {
			t.g.o.Refused(r.Context(), permission, op.Method, op.Path)
			t.g.refuse(w, r, fault.Newf(fault.Forbidden, "this needs the permission %s", permission).
				Hint("ask an administrator for a role that has it"))
			return
		}
		if rules != nil {
			if f := rules.take(w, r); f != nil {
				t.g.refuse(w, r, f)
				return
			}
		}
		restoreSlashes(r, names)
		if streaming {
			var cancel context.CancelFunc
			r, cancel = whileLetIn(r)
			defer cancel()
		}
		handler(humago.NewContext(op, r, w))
	})
}

// mayStream reports whether an operation may answer with an event stream, which lasts.
func mayStream(op *huma.Operation) bool {
	ok := op.Responses["200"]
	return ok != nil && ok.Content[stream.ContentType] != nil
}

// whileLetIn returns r with a context that ends when whoever asks is not let in any more.
func whileLetIn(r *http.Request) (*http.Request, context.CancelFunc) {
	ended := auth.PrincipalFrom(r.Context()).Ended
	if ended == nil {
		return r, func() {}
	}
	ctx, cancel := context.WithCancel(r.Context())
	go func() {
		select {
		case <-ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	return r.WithContext(ctx), cancel
}

// seal ends registration.
func (t *routes) seal() error {
	if t.sealed {
		return errors.New("gateway: sealed twice")
	}
	t.sealed = true
	if len(t.unguarded) > 0 {
		return fmt.Errorf("gateway: %w", errors.Join(t.unguarded...))
	}
	return nil
}
