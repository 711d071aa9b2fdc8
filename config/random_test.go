package config

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

// TestAHundredRandomChangesLeaveTheBrokerServing changes one setting after the other, a third of them wrongly. Whatever
// becomes of a change, the broker serves afterwards and the file is what was acknowledged last.
func TestAHundredRandomChangesLeaveTheBrokerServing(t *testing.T) {
	h := whole(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	version := h.confVersion()
	var pool []conf.Definition
	for _, d := range conf.Definitions() {
		usable := d.In(version) && !d.Dangerous && d.Path == conf.NoPath && !d.Secret && (d.Type == conf.Bool || d.Type == conf.Int || d.Type == conf.Enum)
		switch d.Key {
		case "per_listener_settings", "port", "listener", "allow_zero_length_clientid":
			usable = false
		case "connection_messages", "log_timestamp": // BunkerM sets them itself
			usable = false
		}
		for _, scope := range d.Scopes {
			if scope == "bridge" || scope == "plugin" {
				usable = false
			}
		}
		if usable {
			pool = append(pool, d)
		}
	}
	if len(pool) < 20 {
		t.Fatalf("only %d settings are tried", len(pool))
	}
	changes, wrong := 100, 0
	if testing.Short() {
		changes = 20
	}
	outcome := map[string]int{}
	for i := range changes {
		d := pool[r.IntN(len(pool))]
		before := h.text()
		meant := i%3 == 0
		c := SettingChange{Op: "set", Key: d.Key, Value: value(r, d, version, meant)}
		if d.Scopes[0] == "listener" {
			c.Scope = listenerScope(t, h)
		}
		if meant {
			wrong++
		}
		done, err := h.change(BrokerChange{Changes: []SettingChange{c}})
		what := fmt.Sprintf("%d: %s %s", i, d.Key, c.Value)
		switch f := fault.From(err); {
		case err == nil:
			outcome["done"]++
			if !done.Applied {
				t.Errorf("%s: %+v", what, done)
			}
			if !strings.Contains(h.text(), " "+c.Value) { // under an older name of the setting, where the file has that
				t.Errorf("%s: it is not in the file:\n%+v", what, done.Diff)
			}
		case f.Kind == fault.Invalid, f.Kind == fault.Refused:
			outcome[map[bool]string{true: "refused before", false: "undone"}[f.Kind == fault.Invalid]]++
			if h.text() != before {
				t.Errorf("%s: it was refused (%v), and the file has changed", what, err)
			}
			if f.Kind == fault.Refused {
				t.Logf("%s: undone: %v", what, err)
			}
		default:
			t.Errorf("%s: %v", what, err)
		}
		h.works()
		if err := h.managed.Prove(within(t)); err != nil {
			t.Fatalf("%s: the broker does not run with the files that are there: %v", what, err)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d changes, %d of them meant wrong: %v", changes, wrong, outcome)
	if outcome["done"] < changes/3 || outcome["refused before"] < changes/6 {
		t.Errorf("too few of one kind to show anything: %v", outcome)
	}
}

// listenerScope is the user's own listener.
func listenerScope(t *testing.T, h *house) string {
	t.Helper()
	now, err := h.look()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range now.config.Listeners() {
		if l.Port > 0 {
			return string(l.Scope)
		}
	}
	t.Fatal("there is no listener")
	return ""
}

// value is one that a setting takes, or one that it should not.
func value(r *rand.Rand, d conf.Definition, v conf.Version, wrong bool) string {
	if wrong {
		return []string{"nonsense", "-999999999999999999999", "true false", "1e9", "\u2603"}[r.IntN(5)]
	}
	switch d.Type {
	case conf.Bool:
		return []string{"true", "false"}[r.IntN(2)]
	case conf.Enum:
		values := d.ValuesIn(v)
		return values[r.IntN(len(values))]
	}
	lowest, highest := d.Range(v)
	if lowest == highest {
		return strconv.FormatInt(lowest, 10)
	}
	span := min(highest-lowest, 1<<20)
	return strconv.FormatInt(lowest+r.Int64N(span+1), 10)
}
