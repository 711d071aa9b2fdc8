package monitor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func levelsOf(t testing.TB, topics *Topics, prefix string, limit int) []Level {
	t.Helper()
	var all []Level
	for q := (LevelQuery{Prefix: prefix, Limit: limit}); ; {
		page, err := topics.Levels(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Levels...)
		if page.NextCursor == "" {
			if page.Total != len(all) {
				t.Fatalf("%q: %d levels of %d", prefix, len(all), page.Total)
			}
			return all
		}
		if len(page.Levels) != limit {
			t.Fatalf("%q: a page of %d levels, want %d", prefix, len(page.Levels), limit)
		}
		q.Cursor = page.NextCursor
	}
}

func TestLevels(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	for _, name := range []string{"a", "a/b", "a/b", "a/b/c", "/x", "/", "a//y", "a!", "☃/ü"} {
		topics.live(name, "v")
	}
	show := func(levels []Level) string {
		var all []string
		for _, l := range levels {
			all = append(all, fmt.Sprintf("%q %q %d %d %v", l.Name, l.Prefix, l.Topics, l.Messages, l.Leaf))
		}
		return strings.Join(all, "; ")
	}
	for prefix, want := range map[string]string{
		"":        `"" "/" 2 2 false; "a" "a/" 4 5 true; "a!" "a!/" 1 1 true; "☃" "☃/" 1 1 false`,
		"a":       `"" "a//" 1 1 false; "b" "a/b/" 2 3 true`,
		"a/":      `"" "a//" 1 1 false; "b" "a/b/" 2 3 true`,
		"a/b":     `"c" "a/b/c/" 1 1 true`,
		"a//":     `"y" "a//y/" 1 1 true`,
		"/":       `"" "//" 1 1 true; "x" "/x/" 1 1 true`,
		"nothing": ``,
	} {
		for _, limit := range []int{1, 2, 100} {
			if got := show(levelsOf(t, topics, prefix, limit)); got != want {
				t.Errorf("%q by %d: %s, want %s", prefix, limit, got, want)
			}
		}
	}
}

// TestLevelsAddUpAfterEvictions compares every level of random trees with what a walk over the topics that are there
// gives.
func TestLevelsAddUpAfterEvictions(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		topics := topicsFor(t, TopicsOptions{Topics: 50 + random.IntN(200), TopicBytes: 4000})
		words := []string{"", "a", "b", "c", "long-level", "ü", "a!", "0"}
		for range 5000 {
			levels := make([]string, 1+random.IntN(4))
			for i := range levels {
				levels[i] = words[random.IntN(len(words))]
			}
			name := strings.Join(levels, "/")
			switch random.IntN(10) {
			case 0:
				topics.retain(name, "v", true)
			case 1:
				topics.retain(name, "", false)
			default:
				topics.live(name, "v")
			}
		}
		checkValueBytes(t, topics)
		all := readAll(t, topics, TopicQuery{Limit: 30}, func() {})
		if int64(len(all)) != topics.Counts().Topics {
			t.Fatalf("%d topics are listed of %d", len(all), topics.Counts().Topics)
		}
		checkLevels(t, topics, all, "")
	}
}

func checkLevels(t *testing.T, topics *Topics, all []Topic, prefix string) {
	t.Helper()
	want := map[string]*Level{}
	for _, topic := range all {
		rest, below := strings.CutPrefix(topic.Topic, prefix)
		if !below {
			continue
		}
		name, _, more := strings.Cut(rest, "/")
		if want[name] == nil {
			want[name] = &Level{Name: name, Prefix: prefix + name + "/"}
		}
		want[name].Topics++
		want[name].Messages += topic.Messages
		want[name].Leaf = want[name].Leaf || !more
	}
	got := levelsOf(t, topics, prefix, 3)
	if len(got) != len(want) || !slices.IsSortedFunc(got, func(a, b Level) int { return strings.Compare(a.Name, b.Name) }) {
		t.Fatalf("%q: %+v, want %d levels", prefix, got, len(want))
	}
	for _, level := range got {
		if w := want[level.Name]; w == nil || *w != level {
			t.Errorf("%q: %+v, want %+v", prefix, level, w)
		}
		if level.Topics > 1 || !level.Leaf {
			checkLevels(t, topics, all, level.Prefix)
		}
	}
}
