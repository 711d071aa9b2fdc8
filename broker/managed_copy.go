package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// copyEvery is the shortest time between two good copies. A file of 20,000 clients has 5 MB.
const copyEvery = 3 * time.Second

// KeepCopy asks for a good copy of dynamic-security.json beside it. Call it when accounts, roles or groups have
// changed: brokers before 2.0.16 overwrite the file in place, so a crash or a full disk destroys it. It returns at
// once; the copy is made within seconds, once for many calls, and only from a file that is whole.
func (m *Managed) KeepCopy() {
	select {
	case m.copyWanted <- struct{}{}:
	default: // one is on its way
	}
}

// keepCopies makes the copies that are asked for.
func (m *Managed) keepCopies(ctx context.Context) {
	for {
		select {
		case <-m.copyWanted:
		case <-ctx.Done():
			return
		}
		if !m.copyNow() {
			m.KeepCopy() // the broker was writing; look again later
		}
		wait(ctx, copyEvery)
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
