package doctest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// everyMetric makes a BunkerM show all metrics that it has: some are not there before something has happened.
const everyMetric = `
api() { curl -sS -H "X-API-Key: $(bunkerm apikey show)" "$@"; }
bunkerm cert create >/dev/null
api localhost:2000/api/dynsec/clients >/dev/null
doctest_tries=0
until api localhost:2000/metrics > metrics && grep -q '^mosquitto_load_connections' metrics &&
	grep -q '^mosquitto_clients_connected' metrics && grep -q '^mosquitto_subscriptions' metrics; do
	doctest_tries=$((doctest_tries + 1))
	[ $doctest_tries -gt 300 ] && break
	command sleep 0.1
done
cat metrics
`

// TestMonitoring compares what the alerting rules, the dashboard and the page about them name with the metrics of a BunkerM
// that runs.
func TestMonitoring(t *testing.T) {
	t.Parallel()
	pl := newPlace(t, build(t))
	nightly := "nightly-" + time.Now().UTC().Format("20060102T150405Z") + ".tar.gz"
	write(t, filepath.Join(pl.dir, "data", "backups", nightly), "", 0o600)
	out := pl.shell(t).say(prelude + background("bunkerm serve\n") + everyMetric)
	exposed := map[string]bool{"up": true} // Prometheus makes it
	for line := range strings.Lines(out) {
		if name, _, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			name, _, _ = strings.Cut(name, "{")
			exposed[name] = true
		}
	}
	if len(exposed) < 60 {
		t.Fatalf("only %d metrics are shown:\n%s", len(exposed), out)
	}
	for where, expressions := range map[string][]string{
		"docs/grafana/alerts.yml": alertExpressions(t), "docs/grafana/bunkerm.json": dashboardExpressions(t),
	} {
		if len(expressions) < 10 {
			t.Errorf("%s has only %d expressions", where, len(expressions))
		}
		for _, e := range expressions {
			for _, name := range metricsIn(e) {
				if !exposed[name] {
					t.Errorf("%s: there is no metric %s, in %s", where, name, e)
				}
			}
			if strings.Count(e, "(") != strings.Count(e, ")") || strings.Count(e, "{") != strings.Count(e, "}") {
				t.Errorf("%s: a bracket is missing in %s", where, e)
			}
		}
	}
	ours := regexp.MustCompile("^(bunkerm|mosquitto)_[a-z0-9_]+_?(total|seconds|bytes|connected|up|info)$|^mosquitto_up$")
	for _, p := range pages(t) {
		for _, s := range span.FindAllStringSubmatch(p.prose, -1) {
			name, _, _ := strings.Cut(s[1], "{")
			if strings.HasPrefix(p.name, "docs/") && ours.MatchString(name) && !exposed[name] {
				t.Errorf("%s: there is no metric %s", p.name, name)
			}
		}
	}
}

// alertExpressions reads the rules as they are written there: one line each, and every rule with all that it needs.
func alertExpressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/grafana/alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i, rule := range strings.Split(string(text), "      - alert: ")[1:] {
		name, _, _ := strings.Cut(rule, "\n")
		_, rest, ok := strings.Cut(rule, "\n        expr: ")
		if !ok || !strings.Contains(rule, "\n          severity: ") || !strings.Contains(rule, "\n          summary: ") {
			t.Errorf("rule %d, %s, lacks its expression, its severity or its words", i, name)
		}
		expression, _, _ := strings.Cut(rest, "\n")
		all = append(all, expression)
	}
	return all
}

// dashboardExpressions reads the dashboard, whose panels must not lie on each other.
func dashboardExpressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/grafana/bunkerm.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
		Annotations struct{ List []struct{ Expr string } }
		Templating  struct {
			List []struct{ Definition string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	var all []string
	taken, ids := map[string]string{}, map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				spot := fmt.Sprint(x, " ", y)
				if other, is := taken[spot]; is || x > 23 {
					t.Fatalf("the panel %s lies on %s, or outside", p.Title, other)
				}
				taken[spot] = p.Title
			}
		}
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	for _, a := range board.Annotations.List {
		all = append(all, a.Expr)
	}
	for _, v := range board.Templating.List {
		if name, is := strings.CutPrefix(v.Definition, "label_values("); is {
			all = append(all, strings.TrimSuffix(strings.SplitN(name, ",", 2)[0], ")"))
		}
	}
	return all
}

var (
	quotedInPromQL = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|(by|without|on|ignoring) \([^)]*\)`)
	selector       = regexp.MustCompile(`\{[^}]*\}`)
	word           = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_]*\b(\s*\()?`)
)

// metricsIn are the names of metrics in an expression of PromQL: what is no function, no operator and no label.
func metricsIn(expression string) []string {
	text := selector.ReplaceAllString(quotedInPromQL.ReplaceAllString(expression, " "), " ")
	var all []string
	for _, w := range word.FindAllString(text, -1) {
		if !strings.HasSuffix(w, "(") && !slices.Contains([]string{"and", "or", "unless", "by", "without", "offset", "sum", "bool"}, w) {
			all = append(all, w)
		}
	}
	return all
}
