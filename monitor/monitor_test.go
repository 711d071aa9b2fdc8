package monitor

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain holds that nothing goes on behind a test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
