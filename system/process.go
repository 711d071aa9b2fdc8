package system

import (
	"os"
	"runtime"
	"runtime/metrics"
)

// ProcessFacts is what our own process takes.
type ProcessFacts struct {
	MemoryBytes int64 `json:"memory_bytes" doc:"Memory that BunkerM has of the operating system, without the code of the program"`
	HeapBytes   int64 `json:"heap_bytes" doc:"Of it what is in use"`
	Goroutines  int   `json:"goroutines" doc:"What goes on at the same time inside"`
	OpenFiles   *int  `json:"open_files" doc:"Files and connections; null where the operating system does not tell"`
}

// ownProcess asks the runtime, which answers without stopping anything.
func ownProcess() ProcessFacts {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
	}
	metrics.Read(samples)
	of := func(i int) int64 {
		if samples[i].Value.Kind() != metrics.KindUint64 {
			return 0 // another version of Go may call it differently
		}
		return int64(samples[i].Value.Uint64())
	}
	facts := ProcessFacts{MemoryBytes: of(0) - of(1), HeapBytes: of(2), Goroutines: runtime.NumGoroutine()}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		n := len(files) - 1 // reading the directory opened it
		facts.OpenFiles = &n
	}
	return facts
}
