package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// copyEvery is the shortest time between two synced copies, and how long after a call of KeepCopy one is made. A
// file of 20,000 clients has 5 MB.
const copyEvery = 3 * time.Second

// KeepCopy keeps good copies of dynamic-security.json beside it. Call it right before a write is sent, and not while
// one is on its way. Brokers before 2.0.16 overwrite the file in place, so a crash in the middle destroys it: for them
// KeepCopy returns when a copy holds all that was acknowledged until now, which takes well under a tenth of the
// broker's own time for the write. That copy is not synced, so a power loss may tear it; the other copy, which is made
// in the background some seconds later, is. A broker that replaces the file as a whole needs only that one.
func (m *Managed) KeepCopy() {
	if overwritesInPlace(m.Version()) {
		m.exactCopyNow()
	}
	m.wantCopy()
}

// wantCopy asks for the synced copy and returns at once.
func (m *Managed) wantCopy() {
	select {
	case m.copyWanted <- struct{}{}:
	default: // one is on its way
	}
}

// keepCopies makes the copies that are asked for. Whoever asks is about to write, so it waits first.
func (m *Managed) keepCopies(ctx context.Context) {
	for {
		select {
		case <-m.copyWanted:
		case <-ctx.Done():
			return
		}
		wait(ctx, copyEvery)
		if ctx.Err() == nil && !m.copyNow() {
			m.wantCopy() // the broker was writing; look again later
		}
	}
}

// copyNow returns false when the file is not whole at the moment.
func (m *Managed) copyNow() bool {
	data, info, err := m.files.read(dynsecName)
	if err != nil || !json.Valid(data) {
		return false
	}
	if have, _, err := m.files.read(goodName); err == nil && bytes.Equal(have, data) {
		return true
	}
	if err := m.files.write(goodName, data, info); err != nil {
		m.o.Logger.Warn("no good copy of the accounts can be kept", "error", err)
	}
	return true
}
