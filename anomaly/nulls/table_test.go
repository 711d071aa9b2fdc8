package nulls_test

import (
	"errors"
	"io"
	"os"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestTablesSayWhenTheyCannotBeWritten(t *testing.T) {
	if err := nulls.Tables(full{}, 0); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("it says %v", err)
	}
}

// BenchmarkFalseAlarms prints the tables of docs/anomaly.md.
func BenchmarkFalseAlarms(b *testing.B) {
	for range b.N {
		if err := nulls.Tables(os.Stdout, 10); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
}
