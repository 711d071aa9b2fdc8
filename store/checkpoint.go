package store

import (
	"context"
	"fmt"
	"os"
	"time"
)

const (
	// autoCheckpointPages is when a commit moves the WAL into the file itself: 32 MiB of pages. DB.Run is faster.
	autoCheckpointPages = 8192
	// walKept is how large the file of a WAL that was emptied may stay.
	walKept = 8 << 20

	checkpointEvery = 250 * time.Millisecond // how often the WAL is looked at
	checkpointPages = 1000                   // move this many pages at once, or
	checkpointAfter = 30 * time.Second       // what is there, when it is that old
	// restartPages is when readers have kept the WAL from being begun anew for so long that the writer waits for them:
	// 16 MiB. It waits for firstRestart, then longer, and never for more than a sixth of the time. Where even that is
	// too short for a reader, the WAL grows until that one ends (longestRead).
	restartPages = 4096
	firstRestart = 50 * time.Millisecond
	mostRestart  = 400 * time.Millisecond
)

// checkpoints moves the WAL into the file, beside the writer and without waiting for anybody.
type checkpoints struct {
	db      *DB
	c       *connection
	changed time.Time // the WAL's, when it was last empty
	waits   time.Time // since when pages wait

	patience time.Duration // for readers, at the next restart
	rested   time.Time     // when that may be
}

// tick looks at the WAL, and moves what is due.
func (k *checkpoints) tick(ctx context.Context) error {
	info, err := os.Stat(k.db.path + walSuffix)
	if err != nil || info.ModTime().Equal(k.changed) {
		return nil //nolint:nilerr // no WAL: nothing was written yet, or the file is gone, which watchFile says
	}
	if k.c == nil {
		if k.c, err = connect(ctx, k.db.pool, "PRAGMA busy_timeout = 0"); err != nil {
			return err
		}
	}
	_, pages, moved, err := checkpoint(ctx, k.c, "NOOP")
	if err != nil {
		return err
	}
	now := time.Now()
	if k.waits.IsZero() {
		k.waits = now
	}
	shrunk := k.db.shrunk.Swap(false)
	if waiting := pages - moved; waiting >= checkpointPages ||
		waiting > 0 && (shrunk || now.Sub(k.waits) >= checkpointAfter) {
		if _, pages, moved, err = checkpoint(ctx, k.c, "PASSIVE"); err != nil {
			return err
		}
	}
	if pages == moved {
		// Nothing waits; but a change in the same instant as this one would not be seen in the file's time.
		k.waits = time.Time{}
		if now.Sub(info.ModTime()) > time.Second {
			k.changed = info.ModTime()
		}
	}
	if pages >= restartPages && now.After(k.rested) {
		return k.restart(ctx, info.Size())
	}
	return nil
}

// restart makes the next write begin the WAL anew. That is not possible while a reader uses the WAL; new readers do not
// once all of it is in the file, and the writer waits a moment for those that do. Readers wait for nothing.
func (k *checkpoints) restart(ctx context.Context, size int64) error {
	mode := "RESTART"
	if size > 4*walKept {
		mode = "TRUNCATE"
	}
	k.patience = min(max(2*k.patience, firstRestart), mostRestart)
	err := k.db.with(ctx, k.db.writer, writerSetup(), func(c *connection) (bool, error) {
		if err := c.configure(ctx, busyTimeout(k.patience)); err != nil {
			return false, err
		}
		busy, _, _, err := checkpoint(ctx, c, mode)
		if !busy {
			k.patience = 0
		}
		back := c.configure(context.WithoutCancel(ctx), busyTimeout(lockWait))
		return err == nil && back == nil, err
	})
	k.rested = time.Now().Add(5 * k.patience)
	return err
}

// checkpoint says how many pages the WAL has, and how many of them are in the file. busy is whether readers or another
// process were in its way.
func checkpoint(ctx context.Context, c *connection, mode string) (busy bool, pages, moved int64, err error) {
	defer c.finish()
	err = c.QueryRow(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &moved)
	if err != nil {
		return false, 0, 0, fmt.Errorf("moving the WAL into the database: %w", err)
	}
	return busy, pages, moved, nil
}

func busyTimeout(d time.Duration) string {
	return fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds())
}

// drop closes the connection, which is opened anew when it is needed.
func (k *checkpoints) drop() {
	if k.c != nil {
		k.c.close() // it has written nothing
		k.c = nil
	}
}
