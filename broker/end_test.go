package broker_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// TestEndKeptEndsWhatGoesOn ends a broker without a BunkerM, and leaves one alone that has it.
func TestEndKeptEndsWhatGoesOn(t *testing.T) {
	o, _ := managedOptions(t)
	m, err := broker.Manage(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	pid := m.Status().BrokerPID
	if err := broker.EndKept(t.Context(), o.DataDir); !fault.Is(err, fault.Conflict) {
		t.Fatalf("with a BunkerM that runs: %v", err)
	}
	if err := m.Close(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := broker.EndKept(t.Context(), o.DataDir); err != nil {
		t.Fatal(err)
	}
	// The answer came when the keeper was gone, which goes after its broker.
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Fatalf("the broker, process %d, is still there: %v", pid, err)
	}
	// Nothing more to end, and nobody was ever there.
	for _, dir := range []string{o.DataDir, t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if err := broker.EndKept(t.Context(), dir); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
