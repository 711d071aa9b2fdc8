package monitor

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/observe"
)

// messagesOn are messages in random order over n topics.
func messagesOn(n int) []observe.Message {
	messages := make([]observe.Message, n)
	for i := range messages {
		payload := fmt.Appendf(nil, `{"value":%d.5,"unit":"C"}`, i%90)
		messages[i] = observe.Message{Topic: fmt.Appendf(nil, "plant/hall-%02d/machine-%05d/temperature", i%40, i), Payload: payload, Size: len(payload)}
	}
	rand.Shuffle(n, func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	return messages
}

// BenchmarkUpdate is the feeding goroutine's work for a message on a known topic, alone and while a reader goes through
// the list as fast as it can.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		for _, read := range []bool{false, true} {
			b.Run(fmt.Sprintf("topics=%d/read=%v", n, read), func(b *testing.B) {
				topics := topicsFor(b, TopicsOptions{})
				messages := messagesOn(n)
				for i := range messages {
					topics.note(&messages[i])
				}
				at := topics.o.Clock()
				topics.o.Clock = func() time.Time { return at }
				done, ended := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(ended)
					for read {
						select {
						case <-done:
							return
						default:
							_, _ = topics.List(b.Context(), TopicQuery{Sort: SortRate})
						}
					}
				}()
				i := 0
				for b.Loop() {
					if i++; i >= len(messages) {
						i = 0
					}
					if i%256 == 0 {
						topics.now++
					}
					topics.note(&messages[i])
				}
				close(done)
				<-ended
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mmsg/s")
			})
		}
	}
}

// BenchmarkEvict is the work for a message on a topic that is new, when the tree is full.
func BenchmarkEvict(b *testing.B) {
	topics := topicsFor(b, TopicsOptions{Topics: 100_000})
	messages := messagesOn(100_000)
	for i := range messages {
		topics.note(&messages[i])
	}
	i := 0
	for b.Loop() {
		i++
		topics.note(&observe.Message{Topic: fmt.Appendf(nil, "flood/%d/temperature", i), Payload: messages[0].Payload, Size: messages[0].Size})
	}
}

// BenchmarkList is what a reader pays with the tree full.
func BenchmarkList(b *testing.B) {
	topics := topicsFor(b, TopicsOptions{})
	messages := messagesOn(200_000)
	for i := range messages {
		topics.note(&messages[i])
	}
	topics.pass(1000)
	for name, q := range map[string]TopicQuery{
		"by topic": {Sort: SortTopic}, "by rate": {Sort: SortRate}, "by last": {Sort: SortLast}, "a thousand": {Limit: 1000},
		"search": {Q: "MACHINE-00777"}, "below": {Prefix: "plant/hall-07"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := topics.List(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for name, prefix := range map[string]string{"first levels": "", "levels below": "plant/hall-07"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := topics.Levels(b.Context(), LevelQuery{Prefix: prefix}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("100000 levels", func(b *testing.B) {
		wide := topicsFor(b, TopicsOptions{})
		for i := range 100_000 {
			wide.live(fmt.Sprintf("device-%d/state", i), "on")
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := wide.Levels(b.Context(), LevelQuery{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkWatch is what a message costs that nobody of twenty watchers sees, and one that all of them do.
func BenchmarkWatch(b *testing.B) {
	for name, filters := range map[string][]string{
		"none": {"x/#", "plant/+/machine/+", "plant/hall-99/#", "a/b", "c"}, "all": {"x/#", "y/#", "z/#", "plant/#", "#"},
	} {
		b.Run(name, func(b *testing.B) {
			topics := topicsFor(b, TopicsOptions{})
			var watchers []*watcher
			for range mostWatchers {
				watchers = append(watchers, newWatcher(filters, true, &topics.redacted))
			}
			m := messagesOn(1)[0]
			for b.Loop() {
				topics.now++
				for _, w := range watchers {
					w.offer(&m, topics.now)
					if len(w.waiting.messages) > 100 {
						w.take()
					}
				}
			}
		})
	}
}
