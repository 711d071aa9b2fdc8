package logtail

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// Files is a broker's log as files: the one that is written, and older ones beside it. Its methods may be called by any
// number of goroutines.
type Files struct {
	o         Options
	path      string
	keeper    bool // the keeper writes them, in its format
	newFormat func() format
	board     board
}

// Options say how log files are read.
type Options struct {
	Logger *slog.Logger     // nil discards
	Clock  func() time.Time // nil is time.Now
	// Location is where time stamps without a zone were made; nil is the local one.
	Location *time.Location
	// KeepFor is how long the keeper's older files stay after they were written last; 0 keeps them until the keeper's
	// own bound removes them. Follow removes them, after it has read everything. It is of no effect on files that are
	// not the keeper's.
	KeepFor time.Duration
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	return o
}

// NewKeeper is the log that the keeper writes into dir: broker.log, broker.log.1 and so on.
func NewKeeper(dir string, o Options) *Files {
	f := &Files{o: o.withDefaults(), path: filepath.Join(dir, keeper.BrokerLogName), keeper: true}
	f.board.clock = f.o.Clock
	f.newFormat = func() format { return &keeperFormat{} }
	return f
}

// NewFile is a log that mosquitto writes itself (log_dest file). Its time stamps may be epoch seconds, or dates as
// 2026-11-23T20:46:11, with or without a fraction, a zone and the T, or missing. Older files are those beside it whose
// name is the same with a number or a date appended, as logrotate makes them, compressed with gzip or not.
func NewFile(path string, o Options) *Files {
	f := &Files{o: o.withDefaults(), path: path}
	f.board.clock = f.o.Clock
	f.newFormat = func() format { return &stampFormat{location: f.o.Location} }
	return f
}

// Follow is broker.LogSource's. One goroutine may use it at a time: Status tells how it goes.
func (f *Files) Follow(ctx context.Context, from string, take func(broker.LogBatch) error) error {
	f.board.start()
	defer f.board.stop()
	return f.follow(ctx, from, take, &f.board)
}

// Watch is Follow for those who read beside the one whom Status tells of, such as a page that shows the log. Any number
// may.
func (f *Files) Watch(ctx context.Context, from string, take func(broker.LogBatch) error) error {
	return f.follow(ctx, from, take, &board{clock: f.o.Clock})
}

var _ broker.LogSource = (*Files)(nil)
