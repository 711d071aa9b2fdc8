package dynsecfile

import (
	"context"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

func notYet() error {
	return fault.New(fault.Unavailable, "the dynamic security file cannot be changed yet")
}

// Masked is the file for people: every hash reads [Unchanged]. Reading it back keeps the hashes.
func Masked(f *broker.DynsecFile) []byte { return f.Bytes() }

// Read reads a file that somebody wants.
func Read(data []byte, current *broker.DynsecFile) (*broker.DynsecFile, error) {
	return broker.ParseDynsecFile(data)
}

// ETag stands for what the file says, whatever its order.
func ETag(f *broker.DynsecFile) string { return "" }

// Verify tells whether the broker's state is the file's.
func Verify(ctx context.Context, control Control, wanted *broker.DynsecFile) error { return notYet() }

// State reads the broker's state, which has no hashes.
func State(ctx context.Context, control Control) (*broker.DynsecFile, error) { return nil, notYet() }

// Check says everything that is to be said about a wanted file.
func Check(wanted, current *broker.DynsecFile, o CheckOptions) []Problem { return []Problem{} }

// Compare says how two files differ.
func Compare(before, after *broker.DynsecFile) Diff { return Diff{} }

// GrantsControl names what changes and has to do with rights on $CONTROL.
func GrantsControl(before, after *broker.DynsecFile) []string { return nil }

// MakePlan says what leads from one file to another.
func MakePlan(before, after *broker.DynsecFile, version string) Plan { return Plan{Effect: EffectNone} }

// Apply carries a plan out over $CONTROL.
func Apply(ctx context.Context, control Control, plan Plan, progress func(done, total int)) error {
	return notYet()
}

// Put makes the broker's state be the wanted file.
func Put(ctx context.Context, o Options, wanted *broker.DynsecFile) (Outcome, error) {
	return Outcome{}, notYet()
}
