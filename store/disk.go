package store

import (
	"context"
	"fmt"
	"path/filepath"
)

// resumeFactor is how much more than the floor has to be free before recording goes on: with the floor of 512 MiB, 128
// MiB more, so that it does not stop again for what it records in the next minutes.
const resumeFactor = 1.25

// watchDisk stops recording where the disk is too full, and lets it go on. A full disk costs more than our records: a
// Mosquitto before 2.0.16 writes its file of accounts in place.
func (db *DB) watchDisk(ctx context.Context) {
	space, err := db.o.Disk(filepath.Dir(db.path))
	if err != nil {
		// Not knowing is no reason to stop.
		if db.health.set(&db.health.watcher, "it is not known how full the disk is", "look into BunkerM's log", db.o.Clock()) {
			db.o.Logger.WarnContext(ctx, "the disk cannot be asked how full it is", "error", err)
		}
		return
	}
	db.health.clear(&db.health.watcher)
	floor := db.floor(space)
	db.space.Store(&space)
	switch {
	case space.Free < floor:
		message := fmt.Sprintf("the disk has %s free, and recording stops below %s", megabytes(space.Free), megabytes(floor))
		hint := "make room on the disk of the data directory; recording goes on by itself from " +
			megabytes(resume(floor)) + " on"
		if db.health.set(&db.health.paused, message, hint, db.o.Clock()) {
			db.paused.Store(true)
			db.o.Logger.WarnContext(ctx, "recording stops: the disk is too full", "free", space.Free, "floor", floor)
		}
	case space.Free >= resume(floor) && db.health.clear(&db.health.paused):
		db.paused.Store(false)
		db.o.Logger.InfoContext(ctx, "recording goes on", "free", space.Free)
	}
}

// floor is how much of a disk stays free.
func (db *DB) floor(space DiskSpace) int64 {
	return max(db.o.FloorBytes, int64(float64(space.Total)*db.o.FloorPercent/100), 0)
}

func resume(floor int64) int64 { return int64(float64(floor) * resumeFactor) }

func megabytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
