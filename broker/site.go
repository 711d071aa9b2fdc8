package broker

import (
	"context"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Site is where a broker's configuration lies and its process runs, for whom may change both: [Managed], or an attached
// broker on the same host (package host). Its methods may be called by many goroutines at once; those that change
// something come one after the other.
type Site interface {
	// MainConf is the name of the configuration file for ReadFile, and for people.
	MainConf() string
	// ReadFile returns an ordinary file of the configuration. Names are as the configuration has them: relative to the
	// broker's working directory, or absolute. The error wraps fs.ErrNotExist where there is none.
	ReadFile(name string) ([]byte, error)
	// List returns the names, without folders, of the files *.conf in a folder that the configuration includes.
	List(dir string) ([]string, error)
	// Writable says whether a file of the configuration may be changed through us; the fault says why not.
	Writable(name string) error

	// Version is that of the broker, as in 2.0.11; empty while it is unknown.
	Version() string

	// Process tells one run of the broker's process from another; empty where it is unknown.
	Process() string

	// ReplaceConf changes files of the configuration and makes the broker use them; see ConfEdit. When it does not work
	// out, the files from before are put back and the broker runs with them again: the fault is then of kind Refused and
	// carries the broker's own words. A fault of another kind before that means that nothing has been touched.
	ReplaceConf(ctx context.Context, e ConfEdit) error
	// Reload makes the broker read its configuration again without disconnecting anybody (SIGHUP).
	Reload(ctx context.Context) error
	// Restart stops the broker and starts it with the files as they are now.
	Restart(ctx context.Context) error
	// Prove says that the broker was seen to work with all that it was last made to read: whoever starts it again after a
	// crash takes these files.
	Prove(ctx context.Context) error

	// Unfinished is the edit that a former process of ours was at when it was killed; nil when there was none. The site
	// has dealt with it before anybody could ask: what had not been proven was put back.
	Unfinished() *UnfinishedEdit
	// ForgetUnfinished says that the outcome of the edit with this id is recorded.
	ForgetUnfinished(id string) error
}

// How an edit reaches the broker.
type How string

// The ways, from the gentlest on.
const (
	ByNothing How = "none"    // the broker need not know: comments
	ByReload  How = "reload"  // SIGHUP; nobody is disconnected
	ByRestart How = "restart" // everybody is disconnected once
)

// ConfEdit is a change of the configuration's files.
type ConfEdit struct {
	ID string // of the caller's record of it; what a crash leaves is told by it
	// Before is every file that the decision was made on, by name; nil where there was no such file. When one of them is
	// different by now, nothing is done, and the fault is of kind Precondition.
	Before map[string][]byte
	After  map[string][]byte // the files that change, as a whole; nil removes one
	How    How
	// Prove tells whether the broker does what the files say, once it has read them. Its fault is shown to the user.
	// nil: that it runs and lets us in is enough.
	Prove func(ctx context.Context) error
	// Step is told what is being done, one at a time; nil: nobody listens.
	Step func(Step)
}

// Step is a part of an edit, for somebody who watches.
type Step string

// The steps of an edit in their order. The last two come only when something went wrong.
const (
	StepWriting     Step = "writing"
	StepReloading   Step = "reloading"
	StepRestarting  Step = "restarting"
	StepProving     Step = "proving"
	StepPuttingBack Step = "putting_back"
	StepBack        Step = "back"
)

// UnfinishedEdit is an edit that a crash of ours cut off.
type UnfinishedEdit struct {
	ID     string    `json:"id"`
	Since  time.Time `json:"since"`
	Proven bool      `json:"proven"` // it had been proven, so it stands; else the files from before are back
	Said   string    `json:"said"`   // one sentence for people
}

// Undone is the fault of an edit that has been undone, in the words of what went wrong.
func Undone(cause error) error {
	f := fault.From(cause)
	if f.Kind == fault.Internal {
		f = fault.New(fault.Refused, "the broker could not be seen to work with the change")
	}
	hint := f.HintText
	if hint != "" && !strings.HasSuffix(hint, ".") {
		hint += "."
	}
	back := fault.New(fault.Refused, f.Message).Because(cause).
		Hint(strings.TrimSpace(hint + " The files from before are back and the broker runs with them."))
	back.Fields = f.Fields
	return back
}
