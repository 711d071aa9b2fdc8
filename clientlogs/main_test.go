package clientlogs

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain plays another process where it is asked to, and holds that nothing goes on behind a test.
func TestMain(m *testing.M) {
	if folder := os.Getenv("CLIENTLOGS_TEST_CHILD"); folder != "" {
		os.Exit(childCollects(folder))
	}
	goleak.VerifyTestMain(m)
}
