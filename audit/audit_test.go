package audit

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// house is a record that is being written.
type house struct {
	*Log
	t    *testing.T
	db   *store.DB
	stop func()

	mu  sync.Mutex
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func openHouse(t *testing.T, path, file string) *house {
	t.Helper()
	h := &house{t: t, now: time.UnixMilli(1_800_000_000_000)}
	h.db = storetest.OpenWith(t, store.Options{Path: path, Migrations: Migrations(), Clock: h.clock})
	log, err := Open(t.Context(), Options{Store: h.db, Clock: h.clock, File: file})
	if err != nil {
		t.Fatal(err)
	}
	h.Log = log
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- log.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(h.stop)
	return h
}

func (h *house) list(f Filter) []Entry {
	h.t.Helper()
	page, _, err := h.Entries(h.t.Context(), f, 0, 100_000)
	if err != nil {
		h.t.Fatal(err)
	}
	return page
}

func (h *house) verified() Verified {
	h.t.Helper()
	v, err := h.Verify(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h *house) add(n int) {
	for i := range n {
		h.Add(h.t.Context(), Entry{Actor: "jo", Via: "session", Action: "client.create", Object: fmt.Sprintf("client/%d", i)}, nil, map[string]int{"n": i})
	}
}

func TestWhatWasAcknowledgedIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	h := openHouse(t, path, "")
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() { h.add(50) })
	}
	writers.Wait()
	if got := h.list(Filter{}); len(got) != 200 || got[0].ID != 200 || got[199].ID != 1 {
		t.Fatalf("%d entries", len(got))
	}
	v := h.verified()
	if !v.OK || v.Entries != 200 {
		t.Errorf("%+v", v)
	}
	h.stop()
	again := openHouse(t, path, "")
	again.add(1)
	if w := again.verified(); !w.OK || w.Entries != 201 || w.Head == v.Head {
		t.Errorf("after a restart %+v", w)
	}
}

// TestEveryChangeOfTheRecordIsFound spoils a record in every way that SQL can, and looks whether it is seen and where.
func TestEveryChangeOfTheRecordIsFound(t *testing.T) {
	columns := map[string]string{"time": "time + 1", "actor": "'eve'", "via": "'key'", "address": "'192.0.2.9'", "action": "'x'", "object": "'client/0 '",
		"outcome": "'refused'", "count": "count + 1", "request": "'r'", "before": "'{}'", "after": "''", "hash": "'00'"}
	for column, value := range columns {
		t.Run(column, func(t *testing.T) {
			h := openHouse(t, "", "")
			h.add(20)
			id := 1 + rand.Int64N(20)
			h.spoil(fmt.Sprintf(`UPDATE audit_entries SET %s = %s WHERE id = %d`, column, value, id))
			if v := h.verified(); v.OK || v.BrokenAt != id {
				t.Errorf("entry %d was changed: %+v", id, v)
			}
		})
	}
	for name, c := range map[string]struct {
		sql string
		at  int64
	}{
		"one taken out":      {`DELETE FROM audit_entries WHERE id = 7`, 7},
		"the oldest cut off": {`DELETE FROM audit_entries WHERE id <= 5`, 1},
		"two exchanged":      {`UPDATE audit_entries SET id = CASE id WHEN 3 THEN -4 ELSE -3 END WHERE id IN (3, 4); UPDATE audit_entries SET id = -id WHERE id < 0`, 3},
		"one put in":         {`INSERT INTO audit_entries SELECT broker, 21, time, 'eve', via, address, action, object, outcome, count, request, before, after, hash FROM audit_entries WHERE id = 20`, 21},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t, "", "")
			h.add(20)
			for sql := range strings.SplitSeq(c.sql, "; ") {
				h.spoil(sql)
			}
			if v := h.verified(); v.OK || v.BrokenAt != c.at {
				t.Errorf("%+v", v)
			}
		})
	}
}

func (h *house) spoil(sql string) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, sql)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestRetentionKeepsTheChain(t *testing.T) {
	h := openHouse(t, "", "")
	trim := func(olderThan time.Time, rows int) int {
		n := 0
		err := h.db.Write(t.Context(), func(ctx context.Context, q store.Queries) (err error) {
			n, err = h.Kinds()[0].Trim(ctx, q, olderThan, rows)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	h.add(10)
	h.advance(time.Hour)
	middle := h.clock()
	h.add(10)
	for _, want := range []int{4, 4, 2, 0} {
		if got := trim(middle, 4); got != want {
			t.Fatalf("%d were taken, want %d", got, want)
		}
		if v := h.verified(); !v.OK {
			t.Fatalf("%+v", v)
		}
	}
	if got := h.list(Filter{}); len(got) != 10 || got[9].ID != 11 {
		t.Fatalf("%d stay", len(got))
	}
	h.spoil(`DELETE FROM audit_entries WHERE id = 11`)
	if v := h.verified(); v.OK || v.BrokenAt != 11 {
		t.Errorf("%+v", v)
	}
	if trim(h.clock().Add(time.Hour), 1000) == 0 || len(h.list(Filter{})) != 0 {
		t.Error("some stay for ever")
	}
	h.add(1)
	if v := h.verified(); !v.OK || v.Entries != 1 {
		t.Errorf("after all were taken: %+v", v)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	h := openHouse(t, "", "")
	h.Add(t.Context(), Entry{Action: "x"}, map[string]any{
		"password": "canary1", "nested": []any{map[string]any{"Remote_Password": "canary2", "bridge_psk": "canary3", "plugin_opt_db-pass": "canary4", "salt": "canary5"}},
		"api_key": map[string]any{"deep": "canary6"}, "token": 12345, "username": "jo", "monkey": "banana", "size": 12345678901234567890.0,
	}, map[string]any{"new_password": true, "password": "", "key": "canary7"})
	e := h.list(Filter{})[0]
	text := string(e.Before) + string(e.After)
	for _, part := range []string{"canary", "12345,", "12345}"} {
		if strings.Contains(text, part) {
			t.Errorf("%s is in %s", part, text)
		}
	}
	for _, part := range []string{`"username":"jo"`, `"monkey":"banana"`, `"new_password":true`, `"password":""`, `"password":"«unchanged»"`} {
		if !strings.Contains(text, part) {
			t.Errorf("%s is not in %s", part, text)
		}
	}
	h.Add(t.Context(), Entry{Action: "large"}, strings.Repeat("x", 100<<10), make(chan int))
	if e := h.list(Filter{Action: "large"})[0]; !strings.Contains(string(e.Before), "too many") || e.After != nil {
		t.Errorf("%.100s %s", e.Before, e.After)
	}
}

func TestRefusalsAreCountedTogether(t *testing.T) {
	h := openHouse(t, "", "")
	refusal := Entry{Actor: "vi", Via: "session", Address: "192.0.2.1", Action: "permission.dynsec:write", Object: "POST /dynsec/clients"}
	for range 100 {
		h.AddRefusal(refusal)
	}
	other := refusal
	other.Address = "192.0.2.2"
	h.AddRefusal(other)
	h.add(1) // is behind them
	if got := h.list(Filter{Outcome: "refused"}); len(got) != 2 || got[0].Count != 1 || got[1].Count != 1 {
		t.Fatalf("%+v", got)
	}
	h.advance(time.Minute)
	h.stop()
	got := h.list(Filter{Outcome: "refused"})
	if len(got) != 3 || got[0].Count != 99 || got[0].Address != "192.0.2.1" {
		t.Fatalf("%+v", got)
	}
}

func TestAGuesserCannotFillTheRecord(t *testing.T) {
	h := openHouse(t, "", "")
	for i := range 20_000 {
		h.AddRefusal(Entry{Action: "auth.sign_in_refused", Via: "session", Object: fmt.Sprintf("user/%d", i)})
	}
	h.stop()
	n, count := 0, 0
	for _, e := range h.list(Filter{}) {
		n++
		count += e.Count
	}
	if n > mostFolds+2 || count != 20_000 {
		t.Errorf("%d entries stand for %d refusals", n, count)
	}
}

func TestFiltersAndPages(t *testing.T) {
	h := openHouse(t, "", "")
	h.add(5)
	h.Add(t.Context(), Entry{Actor: "Ämy", Via: "key", Action: "role.delete", Object: "role/x_y%z"}, nil, nil)
	h.advance(time.Hour)
	h.Add(t.Context(), Entry{Actor: "jo", Via: "session", Action: "client.delete", Object: "client/1"}, map[string]string{"textname": "pump"}, nil)
	for name, c := range map[string]struct {
		f Filter
		n int
	}{
		"all": {Filter{}, 7}, "actor": {Filter{Actor: "jo"}, 6}, "action": {Filter{Action: "client.*"}, 6}, "one action": {Filter{Action: "client.delete"}, 1},
		"object": {Filter{Object: "role/x_*"}, 1}, "no pattern": {Filter{Object: "role/x?y*"}, 0}, "via": {Filter{Via: "key"}, 1}, "q": {Filter{Q: "äMY"}, 1},
		"q in views": {Filter{Q: "PUMP"}, 1}, "together": {Filter{Actor: "jo", Q: "pump"}, 1}, "from": {Filter{From: h.clock()}, 1}, "to": {Filter{To: h.clock()}, 6},
		"injection": {Filter{Actor: "' OR 1=1 --"}, 0},
	} {
		if got := h.list(c.f); len(got) != c.n {
			t.Errorf("%s: %d entries, want %d", name, len(got), c.n)
		}
	}
	// Pages neither repeat nor miss while new entries come.
	var seen []int64
	for before := int64(0); ; {
		page, more, err := h.Entries(t.Context(), Filter{}, before, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			seen = append(seen, e.ID)
			before = e.ID
		}
		if !more {
			break
		}
		h.add(1)
	}
	if fmt.Sprint(seen) != "[7 6 5 4 3 2 1]" {
		t.Errorf("pages have %v", seen)
	}
}

func TestTheFileHasTheSameAndFollowsRotation(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "audit.log")
	h := openHouse(t, "", file)
	h.add(3)
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	h.add(2)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	h.add(1) // cannot be written there, and is in the table
	if writing, _, _, detail := h.Status(); !writing || detail == "" {
		t.Errorf("writing %v, %q", writing, detail)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	h.add(1)
	h.stop()
	count := func(path string) (n int) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		for lines := bufio.NewScanner(f); lines.Scan(); n++ {
			var e Entry
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Hash == "" {
				t.Errorf("%s: %v", lines.Text(), err)
			}
		}
		return n
	}
	if a, b := count(file+".1"), count(file); a != 3 || b != 1 {
		t.Errorf("%d and %d lines", a, b)
	}
	if len(h.list(Filter{})) != 7 {
		t.Error("the table lacks entries")
	}
	if _, err := Open(t.Context(), Options{Store: h.db, File: filepath.Join(dir, "none", "audit.log")}); err == nil {
		t.Error("a file that cannot be made is accepted")
	}
}

func TestAnExportIsNoFormula(t *testing.T) {
	h := openHouse(t, "", "")
	hostile := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a\"b,c", "line\nbreak", "‮"}
	for _, text := range hostile {
		h.Add(t.Context(), Entry{Actor: text, Action: "x", Object: text}, nil, nil)
	}
	var out strings.Builder
	h.writeCSV(t.Context(), &out, Filter{})
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell is %q", cell)
			}
		}
	}
}
