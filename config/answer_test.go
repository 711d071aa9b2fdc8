package config

import (
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// TestARefusalNamesALine first, and each thing that is wrong once.
func TestARefusalNamesALine(t *testing.T) {
	h := build(t)
	for lines, says := range map[string]string{
		"include_dir nowhere\n":             "There is no folder nowhere",
		strings.Repeat("nonsense 1\n", 600): `There is no setting "nonsense"`,
	} {
		_, err := h.put(h.text() + lines)
		f := fault.From(err)
		if f.Kind != fault.Invalid || !strings.Contains(f.Message, says) {
			t.Errorf("%v", err)
		}
		if lines == "include_dir nowhere\n" && len(f.Fields) != 1 {
			t.Errorf("%+v", f.Fields)
		}
	}
}
