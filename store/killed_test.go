package store_test

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// TestKilledLosesNothingThatWasAcknowledged kills a process that writes, again and again, on the same file.
func TestKilledLosesNothingThatWasAcknowledged(t *testing.T) {
	for round := range 5 {
		path := filepath.Join(t.TempDir(), "bunkerm.db")
		c := startChild(t, "write", path)
		last := ""
		for range 3 + 7*round {
			last = c.line()
		}
		c.kill()
		for c.lines.Scan() { // it went on while we decided
			last = c.lines.Text()
		}
		acknowledged, err := strconv.Atoi(last)
		if err != nil {
			t.Fatal(err)
		}

		db := storetest.OpenWith(t, store.Options{Path: path, Migrations: []store.Migration{things()}})
		var rows, highest int
		err = db.Read(within(t), func(ctx context.Context, q store.Queries) error {
			return q.QueryRow(ctx, "SELECT count(*), max(id) FROM things").Scan(&rows, &highest)
		})
		if err != nil {
			t.Fatal(err)
		}
		if highest < acknowledged {
			t.Errorf("row %d was acknowledged, the highest is %d", acknowledged, highest)
		}
		if rows != highest+1 {
			t.Errorf("%d rows, the highest is %d: some in between are missing", rows, highest)
		}
		var setting int
		if found, err := db.Setting(within(t), "last", &setting); err != nil || !found || setting < acknowledged {
			t.Errorf("setting %d (%v, %v), acknowledged was %d", setting, found, err, acknowledged)
		}
		if db.Status().Notice != "" {
			t.Errorf("notice: %s", db.Status().Notice)
		}
	}
}
