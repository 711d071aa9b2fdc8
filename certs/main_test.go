package certs

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain finds goroutines that outlive what they belong to.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
