package adopt

import (
	"strings"
	"testing"
)

// TestHowLongTheBrokerWillBeAway grows with the database.
func TestHowLongTheBrokerWillBeAway(t *testing.T) {
	const mb = 1 << 20
	for name, c := range map[string]struct {
		conf string
		size int
		want Away
	}{
		"nothing is kept": {"listener 1883\n", 0, Away{About: awayAnyway}},
		"a small one":     {"persistence true\npersistence_location /db/\n", 100, Away{awayAnyway, 100}},
		"a large one":     {"persistence true\npersistence_location /db/\n", 20 * mb, Away{awayAnyway + 20*awayPerMB, 20 * mb}},
	} {
		t.Run(name, func(t *testing.T) {
			root := machine(t, map[string]string{"etc/mosquitto/mosquitto.conf": c.conf, "db/mosquitto.db": strings.Repeat("x", c.size)})
			p, err := Read(Options{Conf: mainConf, Root: root})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Away(); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}
