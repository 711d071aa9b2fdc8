package observe

import (
	"strings"
	"testing"
)

func TestWhatIsNoFilter(t *testing.T) {
	for _, filter := range []string{"#", "+", "a", "/", "//", "a/+/b/#", "$SYS/#", "ä/\u00a0", strings.Repeat("a", 65535), strings.Repeat("/", 200)} {
		if why := whyInvalid(filter); why != "" {
			t.Errorf("%.20q %s", filter, why)
		}
	}
	for _, filter := range []string{"", "a#", "#/a", "a+", "+a/b", "a/#/b", "a\x00", "\xff", strings.Repeat("a", 65536),
		strings.Repeat("/", 201), "$share/group/#"} {
		if whyInvalid(filter) == "" {
			t.Errorf("%.20q passes", filter)
		}
	}
}
