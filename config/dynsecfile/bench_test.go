package dynsecfile_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
)

// many is a file with n clients, each with a hash, a role and a group.
func many(tb testing.TB, base *broker.DynsecFile, n int, prefix string) *broker.DynsecFile {
	tb.Helper()
	f := cloned(tb, base)
	model := hashed(tb, "", "pw", "sensor")
	f.Roles = append(f.Roles, broker.DynsecRole{Rolename: "sensor", ACLs: []broker.DynsecACL{
		{Acltype: "publishClientSend", Topic: "plant/#", Allow: true}}})
	g := broker.DynsecGroup{Groupname: "plant", Roles: []broker.DynsecRoleRef{{Rolename: "sensor", Priority: -1}}}
	for i := range n {
		c := model
		c.Username, c.Textname = fmt.Sprintf("%s-%05d", prefix, i), "a sensor"
		f.Clients = append(f.Clients, c)
		g.Clients = append(g.Clients, broker.DynsecClientRef{Username: c.Username, Priority: -1})
	}
	f.Groups = append(f.Groups, g)
	return f
}

// BenchmarkPut is a file of 20,000 clients that are all new, from the text to a broker that serves and was asked
// whether it has them all.
func BenchmarkPut(b *testing.B) {
	const n = 20_000
	w := manage(b)
	round := 0
	for b.Loop() {
		round++
		current := w.file()
		ours := cloned(b, current)
		ours.Clients = []broker.DynsecClient{*current.Client(broker.OwnUsername)}
		ours.Roles = []broker.DynsecRole{*current.Role(broker.OwnRole)}
		ours.Groups = nil
		data := many(b, ours, n, fmt.Sprint("device-", round)).Bytes()

		began := time.Now()
		wanted, err := dynsecfile.Read(data, current)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds()*1000, "ms-read")
		out, err := dynsecfile.Put(within(b), w.options(current), wanted)
		if err != nil || out.Diff.Clients.AddedTotal != n {
			b.Fatalf("%v %d", err, out.Diff.Clients.AddedTotal)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-put")
		if _, err := w.connect(fmt.Sprintf("device-%d-%05d", round, n-1), "pw"); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-serving")
	}
}

// BenchmarkPutOne changes the text of one client among 20,000, over $CONTROL. The bare command is measured beside it.
func BenchmarkPutOne(b *testing.B) {
	w := manage(b)
	current := w.file()
	if _, err := dynsecfile.Put(within(b), w.options(current), many(b, current, 20_000, "device")); err != nil {
		b.Fatal(err)
	}
	current = w.file()
	round := 0
	for b.Loop() {
		round++
		wanted := *current
		wanted.Clients = slices.Clone(current.Clients)
		wanted.Client("device-10000").Textname = fmt.Sprint(round)
		began := time.Now()
		if out, err := dynsecfile.Put(within(b), w.options(current), &wanted); err != nil || out.Effect != dynsecfile.EffectLive {
			b.Fatal(out.Effect, err)
		}
		b.ReportMetric(time.Since(began).Seconds()*1000, "ms-put")
		began = time.Now()
		if _, err := w.session.Do(within(b), broker.Command{"command": "modifyClient", "username": "device-10000", "textname": fmt.Sprint(round)}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds()*1000, "ms-bare")
		current = &wanted
	}
}

// BenchmarkDryRun is what a person waits for who looks at a change of a file of 20,000 clients.
func BenchmarkDryRun(b *testing.B) {
	base := many(b, &broker.DynsecFile{}, 20_000, "device")
	other := many(b, &broker.DynsecFile{}, 20_000, "other")
	few := cloned(b, base)
	for i := range 20 {
		few.Clients[i*1000].Textname = "changed"
	}
	for name, wanted := range map[string]*broker.DynsecFile{"few": few, "all": other} {
		b.Run(name, func(b *testing.B) {
			data := wanted.Bytes()
			b.Run("read", func(b *testing.B) {
				for b.Loop() {
					if _, err := dynsecfile.Read(data, base); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("check+diff+plan", func(b *testing.B) {
				for b.Loop() {
					out, err := dynsecfile.Put(b.Context(), dynsecfile.Options{Current: base, Version: "2.0.11", DryRun: true}, wanted)
					if err != nil || out.Diff.Empty() {
						b.Fatal(err)
					}
				}
			})
			b.Run("etag", func(b *testing.B) {
				for b.Loop() {
					dynsecfile.ETag(wanted)
				}
			})
		})
	}
}
