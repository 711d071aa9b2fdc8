package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestABudgetThatIsNone is refused: with it everything would be an alarm, or nothing.
func TestABudgetThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(file, []byte("time,v\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, budget := range []string{"0", "-1", "NaN", "Inf", "1e300", "1e-300", "much"} {
		err := detect([]string{"--budget", budget, file})
		if _, misused := errors.AsType[misuse](err); !misused {
			t.Errorf("%s: %v", budget, err)
		}
	}
	if err := detect([]string{"--budget", "0.5", file}); err != nil {
		t.Error(err)
	}
}
