package monitor

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strings"
	"time"
)

// TopicSort is the order of a list of topics.
type TopicSort string

// The orders. What is equal in the last two is sorted by topic.
const (
	SortTopic TopicSort = "topic" // by name, byte by byte
	SortRate  TopicSort = "rate"  // the busiest first
	SortLast  TopicSort = "last"  // what was published last comes first
)

// ranked is a topic with what it is sorted by: key is 0, the rate, or the time in Unix milliseconds.
type ranked struct {
	key  float64
	name string
}

// compareRanked puts the highest key first, and then the names in their order.
func compareRanked(a, b ranked) int {
	switch {
	case a.key > b.key:
		return -1
	case a.key < b.key:
		return 1
	}
	return strings.Compare(a.name, b.name)
}

// topicCursor is a place in a list: behind the topic last. Rates are those of a moment, the same for all pages, so that
// topics on which nothing is published keep their places while the list is read.
type topicCursor struct {
	order TopicSort
	at    time.Time
	last  ranked
}

const cursorHead = 1 + 8 + 8

func (c topicCursor) String() string {
	packed := make([]byte, 0, cursorHead+len(c.last.name))
	packed = append(packed, c.order[0])
	packed = binary.BigEndian.AppendUint64(packed, uint64(c.at.UnixMilli()))
	packed = binary.BigEndian.AppendUint64(packed, math.Float64bits(c.last.key))
	packed = append(packed, c.last.name...)
	return base64.RawURLEncoding.EncodeToString(packed)
}

// parseTopicCursor reads a cursor of a list with this order.
func parseTopicCursor(text string, order TopicSort) (topicCursor, bool) {
	packed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(packed) <= cursorHead || packed[0] != order[0] {
		return topicCursor{}, false
	}
	key := math.Float64frombits(binary.BigEndian.Uint64(packed[9:]))
	if math.IsNaN(key) {
		return topicCursor{}, false
	}
	return topicCursor{
		order: order,
		at:    time.UnixMilli(int64(binary.BigEndian.Uint64(packed[1:]))),
		last:  ranked{key: key, name: string(packed[cursorHead:])},
	}, true
}
