package monitor

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// snapshot holds a number for each figure; NaN is unknown.
type snapshot [figureCount]float64

func unknown() snapshot {
	var s snapshot
	for i := range s {
		s[i] = math.NaN()
	}
	return s
}

// The bounds of what a broker may name. A bridge has a name in the configuration of one of the brokers; figures that
// we do not know come with versions and plugins that we do not know.
const (
	mostBridges  = 1000
	mostOthers   = 200
	longestName  = 256
	longestValue = 256
)

// reading is a figure as the broker last told it.
type reading struct {
	value     float64
	delivered Traffic // to the observation, at its place in the stream
	known     bool
	renewed   bool // since the last tick
}

// readings is what the broker has told on the present connection, and before it where that still holds.
type readings struct {
	topics  map[string]figure
	figures [figureCount]reading
	version string
	bridges map[string]bool
	others  map[string]string
	unnamed int // figures that found no room in others
}

func newReadings(table *[figureCount]Figure) *readings {
	r := &readings{topics: map[string]figure{}}
	for i := range table {
		for _, topic := range table[i].topics {
			r.topics[topic] = figure(i)
		}
	}
	r.forget()
	return r
}

func (r *readings) forget() {
	r.figures = [figureCount]reading{}
	r.version, r.bridges, r.others, r.unnamed = "", map[string]bool{}, map[string]string{}, 0
}

// take keeps the value of $SYS/broker/<name>. It reports whether it was one of the figures that the broker tells
// together, a tick, and which; other topics come at any time.
func (r *readings) take(name, payload []byte, delivered Traffic) (f figure, isFigure bool) {
	if f, isFigure = r.topics[string(name)]; isFigure {
		value, ok := number(payload)
		switch {
		case ok && value >= 1<<63:
			// Mosquitto 2.0 counts its memory without a sign and goes below zero: that is no size of anything.
			r.figures[f] = reading{}
		case ok:
			// Mosquitto subtracts figures of different moments, and publishes -1 sessions now and then.
			r.figures[f] = reading{value: max(value, 0), delivered: delivered, known: true, renewed: true}
		}
		return f, true
	}
	switch {
	case string(name) == "version":
		r.version = strings.TrimPrefix(cut(payload, longestValue), "mosquitto version ")
	case hasPrefix(name, "log/"), hasPrefix(name, "connection/client/"):
		// The log is read elsewhere, and so are sessions (an example plugin of 2.1 tells of them).
	case hasPrefix(name, "connection/") && strings.HasSuffix(string(name), "/state"):
		id := strings.TrimSuffix(strings.TrimPrefix(string(name), "connection/"), "/state")
		bounded(r.bridges, id, string(payload) == "1", len(payload) == 0, mostBridges)
	default:
		if !bounded(r.others, string(name), cut(payload, longestValue), len(payload) == 0, mostOthers) {
			r.unnamed++
		}
	}
	return 0, false
}

// bounded sets a key, or takes it away, and reports false when there is no room for another one.
func bounded[V any](m map[string]V, key string, value V, remove bool, most int) bool {
	if remove {
		delete(m, key)
		return true
	}
	if _, have := m[key]; len(key) > longestName || !have && len(m) >= most {
		return false
	}
	m[key] = value
	return true
}

func (r *readings) bridgeList() []Bridge {
	list := make([]Bridge, 0, len(r.bridges))
	for id, connected := range r.bridges {
		list = append(list, Bridge{ID: strings.ToValidUTF8(id, "\uFFFD"), Connected: connected})
	}
	slices.SortFunc(list, func(a, b Bridge) int { return strings.Compare(a.ID, b.ID) })
	return list
}

func (r *readings) otherList() []OtherFigure {
	list := make([]OtherFigure, 0, len(r.others))
	for name, value := range r.others {
		list = append(list, OtherFigure{Name: strings.ToValidUTF8(name, "\uFFFD"), Value: value})
	}
	slices.SortFunc(list, func(a, b OtherFigure) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// adopt keeps what an earlier connection to the same run of the broker was told and this one was not, because a
// broker before 2.0.16 keeps its figures for a minute only: what changed in the meantime has been told again. gone is
// what was delivered on the earlier connection in the end.
func (r *readings) adopt(old *readings, gone Traffic) {
	for i := range r.figures {
		if was := old.figures[i]; was.known && !r.figures[i].known {
			was.delivered, was.renewed = was.delivered.plus(gone, -1), false
			r.figures[i] = was
		}
	}
	if r.version == "" {
		r.version = old.version
	}
}

// adoptable is how long a connection may have been gone for adopt: less than the 60 s for which a broker before
// 2.0.16 keeps what it told (sys_tree.c of 2.0.11).
const adoptable = 55 * time.Second

// number reads a figure: digits with a fraction, perhaps with a unit behind ("41 seconds").
func number(payload []byte) (float64, bool) {
	const longest = 24 // of a 64-bit number with sign and fraction
	text, _, _ := strings.Cut(cut(payload, longest), " ")
	// What else ParseFloat takes (exponents, hexadecimal, infinities) is no figure of a broker.
	if strings.Trim(text, "-.0123456789") != "" {
		return 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil
}

func cut(text []byte, longest int) string {
	return strings.ToValidUTF8(string(text[:min(len(text), longest)]), "\uFFFD")
}

func hasPrefix(name []byte, prefix string) bool {
	return len(name) >= len(prefix) && string(name[:len(prefix)]) == prefix
}
