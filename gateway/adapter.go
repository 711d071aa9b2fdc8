package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

// routes is the huma.Adapter of our API: the services' operations on a mux of their own, each behind its
// permission and the rules for bodies.
type routes struct {
	g          *Gateway
	mux        *http.ServeMux
	operations []*huma.Operation
	services   map[string]bool // first segments of the paths
	unguarded  []error
	sealed     bool
}

// permissionOf returns the permission that an operation declares, and whether there is such a one.
func permissionOf(op *huma.Operation) (string, bool) {
	permission, _ := op.Metadata["permission"].(string)
	return permission, slices.Contains(auth.Permissions(), auth.Permission(permission))
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
	t.operations = append(t.operations, op)
	t.services[firstSegment(op.Path)] = true

	rules, names := t.bodyRules(op), wildcards(op.Path)
	// huma would limit and time the body again, with errors of its own, and its read deadline would outlive the
	// body and end a handler that takes longer.
	op.MaxBodyBytes, op.BodyReadTimeout = -1, 0

	t.mux.HandleFunc(strings.ToUpper(op.Method)+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		if !auth.Permitted(r.Context(), permission) {
			t.g.refuse(w, r, fault.Newf(fault.Forbidden, "this needs the permission %s", permission).
				Hint("use a key whose role has it"))
			return
		}
		if rules != nil {
			if f := rules.take(w, r); f != nil {
				t.g.refuse(w, r, f)
				return
			}
		}
		restoreSlashes(r, names)
		handler(humago.NewContext(op, r, w))
	})
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
