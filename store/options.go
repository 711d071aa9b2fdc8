package store

import (
	"context"
	"log/slog"
	"time"
)

// Options say which database to open and what belongs into it. Only Path is required.
type Options struct {
	Path       string      // the file; its folder exists. -wal and -shm lie beside it
	Migrations []Migration // of all services; those of one service stand in their order
	Broker     string      // the name of the broker whose rows these are; "default" when empty

	Logger *slog.Logger     // nil: nothing is logged
	Clock  func() time.Time // the time that is written down, and from which age counts; nil: time.Now
	Notice func(string)     // gets one sentence when something happened that people must know; nil: only logged
	// BeforeMigrate is called before a database that has been used is brought to a newer form, which there is no way back from.
	// snapshot copies it as it is to a new file. An error keeps the database from being opened. Nil: nothing is kept.
	BeforeMigrate func(ctx context.Context, snapshot func(ctx context.Context, to string) error) error

	// Disk says how much room the file system of a path has. Nil: the operating system is asked.
	Disk func(path string) (DiskSpace, error)
	// FloorBytes and FloorPercent are how much of the disk stays free: below the higher of the two nothing is recorded.
	// 0: 512 MiB, and 5 percent. Negative: that one does not count.
	FloorBytes   int64
	FloorPercent float64
}

// DiskSpace is the size of a file system and what an unprivileged user may still take of it, in bytes.
type DiskSpace struct{ Free, Total int64 }

const (
	defaultBroker       = "default"
	defaultFloorBytes   = 512 << 20
	defaultFloorPercent = 5.0
)

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.Broker == "" {
		o.Broker = defaultBroker
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Disk == nil {
		o.Disk = diskSpace
	}
	if o.FloorBytes == 0 {
		o.FloorBytes = defaultFloorBytes
	}
	if o.FloorPercent == 0 {
		o.FloorPercent = defaultFloorPercent
	}
	return o
}
