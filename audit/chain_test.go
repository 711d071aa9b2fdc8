package audit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

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
		"the newest cut off": {`DELETE FROM audit_entries WHERE id > 18`, 19},
		"all taken out":      {`DELETE FROM audit_entries`, 1},
		"two exchanged":      {`UPDATE audit_entries SET id = CASE id WHEN 3 THEN -4 ELSE -3 END WHERE id IN (3, 4); UPDATE audit_entries SET id = -id WHERE id < 0`, 3},
		"one put in":         {`INSERT INTO audit_entries SELECT broker, 21, time, 'eve', via, address, action, object, outcome, count, request, before, after, hash FROM audit_entries WHERE id = 20`, 21},
		"the ends forgotten": {`DELETE FROM audit_chains`, 1},
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
