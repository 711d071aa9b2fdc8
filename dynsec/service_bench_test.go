package dynsec

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// BenchmarkCreateClient compares a creation over HTTP, with all its checks and the reading back, with the bare
// exchange of the same command, one after the other on the same broker. The metric is the ratio of the medians; the
// promise is at most 1.5.
func BenchmarkCreateClient(b *testing.B) {
	h := build(b)
	var over, bare []time.Duration
	i := 0
	for b.Loop() {
		i++
		began := time.Now()
		if _, err := h.session.Do(b.Context(), command("createClient", "username", fmt.Sprintf("bare-%d", i), "password", "pw")); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, time.Since(began))
		began = time.Now()
		h.want(201, "POST", "/dynsec/clients", fmt.Sprintf(`{"username":"rest-%d","password":"pw"}`, i))
		over = append(over, time.Since(began))
	}
	slices.Sort(over)
	slices.Sort(bare)
	ours, theirs := over[len(over)/2], bare[len(bare)/2]
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(ours.Microseconds()), "µs/create")
	b.ReportMetric(float64(theirs.Microseconds()), "µs/bare")
}

// BenchmarkRead measures reading 20,000 clients as the broker lists them, and the memory that the mirror then holds.
func BenchmarkRead(b *testing.B) {
	m := newMirror(listing{clientAnswer: listedClients(20_000)}, time.Now, newProtected(nil, nil))
	heap := func() float64 {
		runtime.GC()
		runtime.GC() // what pools hold goes with the second
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return float64(s.HeapAlloc)
	}
	before := heap()
	for b.Loop() {
		if _, err := m.read(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((heap()-before)/1e6, "MB-held")
	runtime.KeepAlive(m)
}

// listing answers lists with what it is given.
type listing struct{ clientAnswer json.RawMessage }

func (l listing) Do(_ context.Context, commands ...broker.Command) ([]broker.Response, error) {
	answers := map[string]json.RawMessage{
		"listClients": l.clientAnswer, "listRoles": json.RawMessage(`{"totalCount":0,"roles":[]}`),
		"listGroups":          json.RawMessage(`{"totalCount":0,"groups":[]}`),
		"getDefaultACLAccess": json.RawMessage(`{"acls":[]}`),
		"getAnonymousGroup":   json.RawMessage(`{"group":{"groupname":""}}`),
	}
	var out []broker.Response
	for _, c := range commands {
		if c["offset"] != 0 && c.Name() == "listClients" {
			out = append(out, broker.Response{Command: c.Name(), Data: json.RawMessage(`{"totalCount":20000,"clients":[]}`)})
			continue
		}
		out = append(out, broker.Response{Command: c.Name(), Data: answers[c.Name()]})
	}
	return out, nil
}

func (listing) Sync(context.Context) error { return nil }
func (listing) OnEvent(func(broker.Event)) {}
func (listing) Status() broker.Status      { return broker.Status{State: broker.StateConnected} }

func listedClients(n int) json.RawMessage {
	var list []wireClient
	for i := range n {
		list = append(list, wireClient{Username: fmt.Sprintf("device-%05d", i), Textname: fmt.Sprintf("Pump %d", i),
			Roles: []wireRoleRef{{Rolename: fmt.Sprintf("role-%d", i%20)}}, Groups: []wireGroupRef{{Groupname: "all"}}})
	}
	data, err := json.Marshal(map[string]any{"totalCount": n, "clients": list})
	if err != nil {
		panic(err)
	}
	return data
}
