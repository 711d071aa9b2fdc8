package monitor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

func names(topics []Topic) []string {
	var all []string
	for _, topic := range topics {
		all = append(all, topic.Topic)
	}
	return all
}

// readAll reads all pages of a list. between runs before each page but the first.
func readAll(t testing.TB, topics *Topics, q TopicQuery, between func()) []Topic {
	t.Helper()
	var all []Topic
	for {
		page, err := topics.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Topics...)
		if page.NextCursor == "" {
			return all
		}
		if len(page.Topics) != q.Limit {
			t.Fatalf("a page of %d topics, want %d", len(page.Topics), q.Limit)
		}
		q.Cursor = page.NextCursor
		between()
	}
}

func TestPagesAreStableWhileTopicsComeAndGo(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	var want []string
	for i := range 500 {
		name := fmt.Sprintf("t/%d", i*7919%1000)
		topics.live(name, "v")
		want = append(want, name)
	}
	slices.Sort(want)
	added := 0
	got := readAll(t, topics, TopicQuery{Limit: 7}, func() {
		added++
		topics.live(fmt.Sprintf("t/%d-new", rand.IntN(1000)), "v")
		topics.live("t/0", "v") // a known one changes
	})
	stayed := slices.DeleteFunc(names(got), func(name string) bool { return strings.HasSuffix(name, "-new") })
	if !slices.Equal(stayed, want) {
		t.Errorf("%d topics of %d, in this order: %v", len(stayed), len(want), stayed)
	}
	if added == 0 {
		t.Error("there was only one page")
	}
}

func TestOrders(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	topics.retain("stored", "v", true)
	for i := range 60 {
		for range 1 + i*i%17 {
			topics.live(fmt.Sprintf("t/%02d", i), "v")
		}
		topics.pass(time.Second)
	}
	for _, order := range []TopicSort{SortRate, SortLast} {
		// Time passes between the pages, and all rates fade.
		got := readAll(t, topics, TopicQuery{Limit: 9, Sort: order}, func() { topics.pass(time.Minute) })
		if len(got) != 61 {
			t.Errorf("%s: %d topics of 61", order, len(got))
		}
		if got[60].Topic != "stored" {
			t.Errorf("%s: %s comes last", order, got[60].Topic)
		}
		whole, err := topics.List(t.Context(), TopicQuery{Limit: 1000, Sort: order})
		if err != nil {
			t.Fatal(err)
		}
		sorted := slices.IsSortedFunc(whole.Topics, func(a, b Topic) int {
			if order == SortRate {
				return compareRanked(ranked{a.Rate, a.Topic}, ranked{b.Rate, b.Topic})
			}
			return b.lastOrZero().Compare(a.lastOrZero())
		})
		if !sorted {
			t.Errorf("%s: not sorted", order)
		}
	}
}

func (t Topic) lastOrZero() time.Time {
	if t.LastSeen == nil {
		return time.Time{}
	}
	return *t.LastSeen
}

func TestListNarrowsDown(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	for _, name := range []string{"a", "a/b", "a/b/c", "ab", "/a/b", "a//b", "a/", "Küche/Licht"} {
		topics.live(name, "v")
	}
	for _, c := range []struct {
		q    TopicQuery
		want string
	}{
		{TopicQuery{}, "/a/b a a/ a//b a/b a/b/c ab Küche/Licht"},
		{TopicQuery{Prefix: "a"}, "a a/ a//b a/b a/b/c"},
		{TopicQuery{Prefix: "a/"}, "a/ a//b a/b a/b/c"},
		{TopicQuery{Prefix: "a/b"}, "a/b a/b/c"},
		{TopicQuery{Prefix: "/"}, "/a/b"},
		{TopicQuery{Prefix: "a//"}, "a//b"},
		{TopicQuery{Q: "KÜCHE"}, "Küche/Licht"},
		{TopicQuery{Q: "b", Prefix: "a"}, "a//b a/b a/b/c"},
		{TopicQuery{Q: "nothing"}, ""},
	} {
		page, err := topics.List(t.Context(), c.q)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(c.want)
		slices.Sort(want)
		if !slices.Equal(names(page.Topics), want) || page.Total != len(want) || page.Topics == nil {
			t.Errorf("%+v: %q of %d, want %q", c.q, names(page.Topics), page.Total, want)
		}
	}
}

func TestCursorsOfOtherLists(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	for i := range 10 {
		topics.live(fmt.Sprint(i), "v")
	}
	page, err := topics.List(t.Context(), TopicQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, cursor := range []string{page.NextCursor, "x", "!", "dA"} {
		_, err := topics.List(t.Context(), TopicQuery{Limit: 1, Sort: SortRate, Cursor: cursor})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", cursor, err)
		}
		if _, err := topics.Levels(t.Context(), LevelQuery{Limit: 1, Cursor: cursor}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q as a cursor of levels: %v", cursor, err)
		}
	}
}

func FuzzTopicCursor(f *testing.F) {
	f.Add(topicCursor{order: SortRate, at: time.UnixMilli(1), last: ranked{1.5, "a/b"}}.String())
	f.Fuzz(func(t *testing.T, text string) {
		for _, order := range []TopicSort{SortTopic, SortRate, SortLast} {
			c, ok := parseTopicCursor(text, order)
			if !ok {
				continue
			}
			if again, ok := parseTopicCursor(c.String(), order); !ok || again != c {
				t.Errorf("%+v becomes %+v", c, again)
			}
		}
	})
}

func TestValuesNeedTheirPermission(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{Allowed: func(context.Context, string) bool { return false }})
	topics.live("a", "secret of a device")
	page, err := topics.List(t.Context(), TopicQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if got := page.Topics[0]; page.Payloads || got.Payload != nil || got.Encoding != nil || got.State != stateNotPermitted ||
		got.SizeBytes != 18 {
		t.Errorf("%+v", page)
	}
}

func TestChanges(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	changed := func(after int64, most int) (string, int64) {
		deltas, generation := topics.Changes(after, most)
		var all []string
		for _, d := range deltas {
			all = append(all, fmt.Sprintf("%s=%d", d.Topic, d.Messages))
		}
		return strings.Join(all, " "), generation
	}
	want := func(after int64, most int, text string) int64 {
		t.Helper()
		got, generation := changed(after, most)
		if got != text {
			t.Errorf("after %d: %q, want %q", after, got, text)
		}
		return generation
	}
	first := want(0, 10, "")
	topics.live("a", "1")
	topics.live("b", "1")
	topics.live("a", "2")
	second := want(first, 10, "a=2 b=1")
	want(second, 10, "")
	topics.live("a", "3")
	third := want(second, 10, "a=3")
	want(first, 10, "b=1 a=3") // a slower reader misses nothing, and gets nothing twice
	want(third, 10, "")
	for i := range 5 {
		topics.live(fmt.Sprint(i), "x")
	}
	want(third, 2, "3=1 4=1")
	want(1<<40, 2, "3=1 4=1") // from before a restart
	for i := range 3 * changesKept {
		topics.live(fmt.Sprintf("many/%d", i), "x")
	}
	if deltas, _ := topics.Changes(third, 1<<30); len(deltas) != changesKept {
		t.Errorf("%d changes", len(deltas))
	}
}

func TestEvictedTopicsLeaveTheChanges(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{Topics: 10})
	for i := range 100 {
		topics.live(fmt.Sprint(i), "x")
		if i%3 == 0 {
			topics.Changes(0, 5)
		}
	}
	deltas, _ := topics.Changes(0, 1000)
	for _, d := range deltas {
		if !topics.has(d.Topic) {
			t.Errorf("%s is told and gone", d.Topic)
		}
	}
	held := 0
	for _, e := range topics.changes.slots {
		if e != nil {
			held++
		}
	}
	if held > 10 {
		t.Errorf("%d topics are held", held)
	}
}
