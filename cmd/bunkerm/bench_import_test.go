package main

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkImportLive compares an import of 2,000 clients into a running broker with the bare exchange of the same
// commands in messages of 100. Each begins with an empty broker of its own, in turns: brokers before 2.1 write their
// whole file at every command, so whoever came second would meet a larger one.
func BenchmarkImportLive(b *testing.B) {
	n, rounds := rounds(2000, 500), rounds(3, 1)
	executable := built(b)
	for b.Loop() {
		var bareTook, importTook times
		for range rounds {
			reference := serveBuilt(b, executable, b.TempDir())
			reference.fill(0)
			reference.makeManager()
			manager := reference.bareManager()
			reference.alone(func() {
				bareTook.measure(func() { createInMessages(manager, n, 100) })
			})
			reference.Stop()

			s := serveBuilt(b, executable, b.TempDir())
			s.fill(0)
			file := csv(n, "device", benchRole)
			importTook.measure(func() { s.importClients(file, "live", n) })
			s.Stop()
		}
		metrics(b, map[string]float64{
			"s_bare": bareTook.median().Seconds(), "s_import": importTook.median().Seconds(),
			"x_of_bare": float64(importTook.median()) / float64(bareTook.median()),
		})
	}
}

// createInMessages creates what csv lists.
func createInMessages(manager *bare, n, perMessage int) {
	for first := 0; first < n; first += perMessage {
		var message []map[string]any
		for i := first; i < min(n, first+perMessage); i++ {
			command := createCommand(fmt.Sprintf("device-%05d", i), benchRole)
			command["password"] = fmt.Sprintf("pw-%d", i)
			message = append(message, command)
		}
		manager.exchange(message...)
	}
}

// BenchmarkImportRestart shows how the time of an import with a restart grows with the number of clients.
func BenchmarkImportRestart(b *testing.B) {
	const rounds = 3
	sizes := []int{5_000, 10_000, 20_000}
	executable := built(b)
	for b.Loop() {
		took := map[int]*times{}
		for range rounds {
			for _, n := range sizes {
				if took[n] == nil {
					took[n] = &times{}
				}
				s := serveBuilt(b, executable, b.TempDir())
				s.fill(0)
				file := csv(n, "device", benchRole)
				took[n].measure(func() { s.importClients(file, "restart", n) })
				s.Stop()
			}
		}
		values := map[string]float64{}
		for _, n := range sizes {
			values[fmt.Sprintf("s_%d", n)] = took[n].median().Seconds()
			values[fmt.Sprintf("us_per_client_%d", n)] = float64(took[n].median()) / float64(time.Microsecond) / float64(n)
		}
		metrics(b, values)
	}
}
