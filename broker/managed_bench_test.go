package broker_test

import (
	"fmt"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
)

// BenchmarkEditDynsec is an offline import of 20,000 clients with one password: stop, write, start, log in. Hashing
// is not in it, as callers hash before, in parallel.
func BenchmarkEditDynsec(b *testing.B) {
	o, _ := managedOptions(b)
	m := manage(b, o)
	hash, err := broker.HashPassword("pw")
	if err != nil {
		b.Fatal(err)
	}
	clients := make([]broker.DynsecClient, 20_000)
	round := 0
	for b.Loop() {
		round++
		for i := range clients {
			clients[i] = broker.DynsecClient{Username: fmt.Sprintf("device-%d-%d", round, i), Password: hash}
		}
		err := m.EditDynsec(within(b), func(f *broker.DynsecFile) error {
			f.Clients = append(f.Clients[:1:1], clients...) // the first one is ours
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	closeManaged(b, m, false)
}
