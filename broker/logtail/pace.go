package logtail

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"
)

// How long to wait. On a small machine one look every 20 ms cost 0.4 % of a core while nothing happened, and one every
// 5 ms 1.1 %; a notice by the system costs nothing until there is one and comes 10 µs after the write. So where the
// system gives notice, that is what we wait for, and look once in a while on our own.
const (
	restAfter = 4 * time.Millisecond   // after a batch, so that a loud broker's lines come many at once
	lookEvery = 500 * time.Millisecond // while notices can be trusted
	pollFirst = 5 * time.Millisecond   // where there are none: at first after a line
	pollLast  = 25 * time.Millisecond  // and when none has come for a while
	quietFor  = time.Second            // which is this long
)

// blindFor is how many times in a row lines were found without a notice before notices are given up: on network file
// systems they tell of nothing that others write.
const blindFor = 3

// outcome is how a wait for a notice ended.
type outcome uint8

const (
	notWaited outcome = iota
	noticed
	unnoticed
)

// pace is when to look at the log again.
type pace struct {
	log     *slog.Logger
	notices *notices // nil where the system gives none, or none of these files
	file    string
	timer   *time.Timer
	last    time.Time // when something was found
	waited  outcome   // how the last wait ended, until something was found
	blind   int
}

func newPace(log *slog.Logger) *pace {
	p := &pace{log: log, timer: time.NewTimer(time.Hour)}
	p.timer.Stop()
	return p
}

// watch asks for notice of what happens to a file and of new names in its folder.
func (p *pace) watch(s *segment) {
	if p.file == "" {
		notices, err := newNotices(filepath.Dir(s.path))
		if err != nil {
			p.log.Info("the system gives no notice of the log's lines, so BunkerM looks for them", "error", err)
		}
		p.notices = notices
	}
	p.file = s.path
	if p.notices == nil {
		return
	}
	if err := p.notices.watch(s); err != nil {
		p.giveUp()
	}
}

// also asks for notice of what happens to the file of a name, until the next watch.
func (p *pace) also(path string) {
	if p.notices != nil {
		p.notices.also(path)
	}
}

func (p *pace) giveUp() {
	p.notices.close()
	p.notices = nil
}

// busy says that something was found.
func (p *pace) busy() {
	p.last = time.Now()
	switch p.waited {
	case noticed:
		p.blind = 0
	case unnoticed:
		if p.blind++; p.blind >= blindFor && p.notices != nil {
			p.log.Info("the system gives no notice of the log's lines, so BunkerM looks for them")
			p.giveUp()
		}
	}
	p.waited = notWaited
}

// wait returns when it is time to look, or ctx has ended.
func (p *pace) wait(ctx context.Context) {
	since := time.Since(p.last)
	switch {
	case since < restAfter:
		p.sleep(ctx, restAfter-since)
	case p.notices != nil:
		p.waited = unnoticed
		if p.notices.wait(ctx, lookEvery) {
			p.waited = noticed
		}
	case p.file == "":
		p.sleep(ctx, lookEvery/2) // there is no file yet
	case since < quietFor:
		p.sleep(ctx, pollFirst)
	default:
		p.sleep(ctx, pollLast)
	}
}

func (p *pace) sleep(ctx context.Context, d time.Duration) {
	p.timer.Reset(d)
	select {
	case <-p.timer.C:
	case <-ctx.Done():
		p.timer.Stop()
	}
}

func (p *pace) close() {
	if p.notices != nil {
		p.giveUp()
	}
}
