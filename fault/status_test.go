package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

func TestEveryKindHasItsStatus(t *testing.T) {
	want := map[fault.Kind]int{
		fault.Internal: 500, fault.Malformed: 400, fault.Unauthorized: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.MethodNotAllowed: 405, fault.Conflict: 409, fault.Precondition: 412, fault.TooLarge: 413,
		fault.UnsupportedMedia: 415, fault.Invalid: 422, fault.TooMany: 429, fault.Refused: 502,
		fault.Unavailable: 503, fault.Uncertain: 504,
	}
	for kind, status := range want {
		if got := fault.New(kind, "x").GetStatus(); got != status {
			t.Errorf("kind %d: status %d, want %d", kind, got, status)
		}
	}
	// Whoever adds a kind adds its status: one beyond the last known kind must not have one yet.
	if got := fault.New(fault.Uncertain+1, "x").GetStatus(); got != 500 {
		t.Errorf("an unknown kind has status %d, want 500", got)
	}
}

func TestStatusIsFoundUnderWrapping(t *testing.T) {
	err := fmt.Errorf("creating client: %w", fault.New(fault.Conflict, "client already exists"))
	var status interface {
		GetStatus() int
		Error() string
	}
	if !errors.As(err, &status) || status.GetStatus() != 409 {
		t.Errorf("status not found in %v", err)
	}
}
