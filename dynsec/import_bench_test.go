package dynsec

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// BenchmarkImportLive compares an import of 2,000 clients with the bare exchange of the same commands in messages of
// 50, each on a broker of its own.
func BenchmarkImportLive(b *testing.B) {
	const n = 2000
	for b.Loop() {
		bare := startImport(b)
		began := time.Now()
		bare.bareExchange(b, n, 50)
		bareTook := time.Since(began)

		i := startImport(b)
		dry := i.mustImport(b, manyClients(n, "pw"), ImportOptions{DryRun: true})
		began = time.Now()
		if r := i.mustImport(b, manyClients(n, "pw"), ImportOptions{}); r.Created != n {
			b.Fatalf("import: %s", counts(r))
		}
		took := time.Since(began)
		b.ReportMetric(bareTook.Seconds(), "s-bare")
		b.ReportMetric(took.Seconds(), "s-import")
		b.ReportMetric(took.Seconds()/bareTook.Seconds(), "ratio")
		b.ReportMetric(dry.EstimateSeconds, "s-estimate")
	}
}

// bareExchange makes n clients with nothing but the session.
func (i *imported) bareExchange(b *testing.B, n, perMessage int) {
	b.Helper()
	for first := 0; first < n; first += perMessage {
		var message []broker.Command
		for k := first; k < min(n, first+perMessage); k++ {
			message = append(message, broker.Command{"command": "createClient", "username": fmt.Sprintf("device-%05d", k),
				"password": fmt.Sprintf("pw-%d", k), "roles": []RoleRef{{"r", -1}}, "groups": []GroupRef{{"g", -1}}})
		}
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		responses, err := i.o.Control.Do(ctx, message...)
		cancel()
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range responses {
			if r.Error != "" {
				b.Fatal(r.Error)
			}
		}
	}
}

// BenchmarkImportRestart shows how the time grows with the number of clients.
func BenchmarkImportRestart(b *testing.B) {
	for _, n := range []int{5_000, 10_000, 20_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				i := startImport(b)
				began := time.Now()
				r := i.mustImport(b, manyClients(n, "pw"), ImportOptions{Restart: true})
				if r.Created != n {
					b.Fatalf("import: %d created, %d failed", r.Created, len(r.Failed))
				}
				b.ReportMetric(time.Since(began).Seconds(), "s-import")
				b.ReportMetric(r.EstimateSeconds, "s-estimate")
				b.ReportMetric(i.away.Seconds(), "s-away")
			}
		})
	}
}
