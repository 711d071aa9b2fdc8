package keeper

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// note is what lies beside the socket while a broker lives, for the keeper after us.
type note struct {
	PID      int    `json:"pid"`
	Identity string `json:"identity"`
}

func (s Spec) notePath() string { return s.Socket + ".broker" }

// noteBroker leaves word of the broker's process.
func noteBroker(spec Spec, pid int) error {
	id, ok := identity(pid)
	if !ok {
		return nil // gone already
	}
	data, err := json.Marshal(note{PID: pid, Identity: id})
	if err != nil {
		return fmt.Errorf("encoding note of broker process: %w", err)
	}
	if err := writeFile(spec.notePath(), data); err != nil {
		return fmt.Errorf("writing note of broker process: %w", err)
	}
	return nil
}

// forgetBroker removes the word.
func forgetBroker(spec Spec) error {
	if err := os.Remove(spec.notePath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing note of broker process: %w", err)
	}
	return nil
}

// orphan finds the broker that a dead keeper left, or nil. It is no child of ours, so its end has to be looked for.
func orphan(spec Spec) (*process, error) {
	data, err := os.ReadFile(spec.notePath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading note of broker process: %w", err)
	}
	var n note
	if err := json.Unmarshal(data, &n); err != nil || n.PID <= 1 {
		return nil, forgetBroker(spec) // written by a version that we do not know
	}
	alive := func() bool { id, ok := identity(n.PID); return ok && id == n.Identity }
	if !alive() {
		return nil, forgetBroker(spec)
	}
	proc, err := os.FindProcess(n.PID)
	if err != nil {
		return nil, fmt.Errorf("finding broker process %d: %w", n.PID, err)
	}
	p := &process{pid: n.PID, ended: make(chan string, 1), signal: func(sig os.Signal) error {
		if !alive() {
			return os.ErrProcessDone
		}
		return proc.Signal(sig)
	}}
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for alive() {
			<-tick.C
		}
		p.ended <- "ended after its keeper"
	}()
	return p, nil
}
