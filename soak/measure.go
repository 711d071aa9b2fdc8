package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sample is how much is in use at one time.
type sample struct {
	at                      time.Time
	pid                     int // of BunkerM
	bunkerm, keeper, broker int64
	files                   map[string]int64 // bytes by what they are
}

// own is what BunkerM says of itself.
type own struct {
	Process struct {
		Goroutines int `json:"goroutines"`
		OpenFiles  int `json:"open_files"`
	} `json:"process"`
	Database struct {
		Kinds []struct {
			Kind    string `json:"name"`
			Rows    int64  `json:"rows"`
			Trimmed int64  `json:"trimmed"`
		} `json:"kinds"`
	} `json:"database"`
}

// idle is what is open when nobody does anything.
type idle struct{ goroutines, bunkerm, keeper, broker int }

func (h *house) idle(ctx context.Context) (idle, error) {
	now, err := look[own](ctx, h, "/system")
	return idle{now.Process.Goroutines, now.Process.OpenFiles, openFiles(keeperOf(h.data)), openFiles(brokerOf(h.data))}, err
}

// above reports whether more is open than before. A few come and go by themselves: connections to the database, and that of the
// soak, which asks.
func (i idle) above(before idle) bool {
	const few = 8
	return i.goroutines > before.goroutines+2*few || i.bunkerm > before.bunkerm+few || i.keeper > before.keeper+few || i.broker > before.broker+few
}

func (i idle) String() string {
	return fmt.Sprintf("%d goroutines; open files: BunkerM %d, keeper %d, broker %d", i.goroutines, i.bunkerm, i.keeper, i.broker)
}

// measures are all samples of a soak.
type measures struct {
	mu  sync.Mutex
	all []sample
}

// run takes samples until ctx ends.
func (m *measures) run(ctx context.Context, h *house, every time.Duration) {
	for {
		s := sample{at: time.Now(), pid: h.pid(), files: sizes(h.data)}
		s.bunkerm, s.keeper, s.broker = memory(s.pid), memory(keeperOf(h.data)), memory(brokerOf(h.data))
		m.mu.Lock()
		m.all = append(m.all, s)
		m.mu.Unlock()
		if !pause(ctx, every) {
			return
		}
	}
}

func (m *measures) last() sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) == 0 {
		return sample{}
	}
	return m.all[len(m.all)-1]
}

// sizes adds up the files of a data directory by what they are.
func sizes(data string) map[string]int64 {
	sum := map[string]int64{}
	_ = filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // files come and go
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // files come and go
		}
		name, _ := filepath.Rel(data, path)
		switch {
		case name == "bunkerm.db":
			sum["database"] += info.Size()
		case name == "bunkerm.db-wal":
			sum["write-ahead log"] += info.Size()
		case strings.HasPrefix(name, "log/"):
			sum["log"] += info.Size()
		case strings.HasPrefix(name, "backups/"):
			sum["backups"] += info.Size()
		default:
			sum["rest"] += info.Size()
		}
		return nil
	})
	return sum
}

// The bounds of what may be in use.
const (
	tellsTrend  = 2 * time.Minute // shorter than this a second half says nothing
	memoryShare = 1.1
	memoryMore  = 12 << 20
	walMost     = 128 << 20
	logMost     = 14 * 16 << 20 // the keeper's twelve old files and its newest, and some for its own words
	restMore    = 8 << 20
	bytesPerRow = 2 << 10
)

// judge holds the samples of the second half against the bounds. rows is how many were added to the database in it, and limit
// what BunkerM's memory may grow to: below it Go lets lie what nobody uses any more.
func (m *measures) judge(half time.Time, rows, limit int64, broke func(format string, args ...any)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var later []sample
	for _, s := range m.all {
		if s.at.After(half) {
			later = append(later, s)
		}
		if n := s.files["write-ahead log"]; n > walMost {
			broke("the database's write-ahead log had %s", megabytes(n))
			return
		}
		if n := s.files["log"]; n > logMost {
			broke("the logs had %s", megabytes(n))
			return
		}
	}
	if len(later) < 9 || later[len(later)-1].at.Sub(half) < tellsTrend {
		return
	}
	third := len(later) / 3
	early, late := later[:third], later[len(later)-third:]
	if own := func(s sample) int64 { return s.bunkerm }; early[0].pid == late[third-1].pid && middle(late, own) > limit {
		grew("BunkerM's memory", early, late, own, broke)
	}
	grew("the keeper's memory", early, late, func(s sample) int64 { return s.keeper }, broke)
	grew("the broker's memory", early, late, func(s sample) int64 { return s.broker }, broke)
	first, last := later[0], later[len(later)-1]
	if more := last.files["rest"] - first.files["rest"]; more > restMore {
		broke("the other files grew by %s in the second half", megabytes(more))
	}
	if more := last.files["database"] - first.files["database"]; more > rows*bytesPerRow+restMore {
		broke("the database grew by %s in the second half, for %d rows", megabytes(more), rows)
	}
}

func grew(what string, early, late []sample, of func(sample) int64, broke func(string, ...any)) {
	before, after := middle(early, of), middle(late, of)
	if grown(before, after) {
		broke("%s went from %s to %s in the second half", what, megabytes(before), megabytes(after))
	}
}

func grown(before, after int64) bool { return float64(after) > memoryShare*float64(before)+memoryMore }

// middle is the median; samples of a process that was away do not count.
func middle(samples []sample, of func(sample) int64) int64 {
	var values []int64
	for _, s := range samples {
		if v := of(s); v > 0 {
			values = append(values, v)
		}
	}
	return median(values)
}

// median is 0 of nothing.
func median(values []int64) int64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// memoryLimit is the limit that BunkerM has set for itself, as it tells Prometheus, and what it needs besides for the database.
func (h *house) memoryLimit(ctx context.Context) (int64, error) {
	const besides = 12 << 20
	h.mu.Lock()
	url, key := h.url, h.key
	h.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("X-API-Key", key)
	response, err := h.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "go_gc_gomemlimit_bytes "); ok {
			limit, err := strconv.ParseFloat(text, 64)
			return int64(limit) + besides, err
		}
	}
	return 0, errors.New("/metrics does not tell the limit of memory")
}

// rows is how many there are in the database, those included that have been thrown away since BunkerM started.
func (h *house) rows(ctx context.Context) (rows, trimmed int64, err error) {
	now, err := look[own](ctx, h, "/system")
	for _, k := range now.Database.Kinds {
		rows += k.Rows + k.Trimmed
		if k.Kind == "events" {
			trimmed = k.Trimmed
		}
	}
	return rows, trimmed, err
}
