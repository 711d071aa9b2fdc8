package audit

import (
	"context"
	"testing"

	"github.com/bunkerm/bunkerm/store/storetest"
)

// BenchmarkAdd is what recording adds to each act of a person: one transaction, and one sync of the file.
func BenchmarkAdd(b *testing.B) {
	log, err := Open(Options{Store: storetest.Open(b, Migrations()...)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- log.Run(ctx) }()
	e := Entry{Actor: "jo", Via: "session", Action: "client.create", Object: "client/kitchen"}
	for b.Loop() {
		log.Add(b.Context(), e.With(nil, map[string]string{"username": "kitchen", "password": "x"}))
	}
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
