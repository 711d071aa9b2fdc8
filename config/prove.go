package config

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

// How long a broker may take to be seen to work. A broker that loads many clients answers late.
const (
	proveWithin   = 30 * time.Second
	figuresMargin = 3 * time.Second
)

// prove finds out whether the broker does what the files say: our own session is back, every listener answers as its
// protocol wants with the certificate that the file names, anonymous clients get in only where the file lets them, and
// the broker's figures move.
func (s *Service) prove(ctx context.Context, c *conf.Config, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, proveWithin)
	defer cancel()
	s.o.Session.Hurry()
	asked := make(chan []conf.Problem, 1)
	go func() { asked <- s.o.Listeners(ctx, c) }()
	err := s.o.Session.Ready(ctx)
	findings := <-asked
	if err != nil {
		return fault.New(fault.Refused, "BunkerM's own session has not come back").Hint(fault.From(err).HintText).Because(err)
	}
	if len(findings) > 0 {
		f := fault.Newf(fault.Refused, "the broker runs, but does not do what the configuration says: %s", findings[0].Message)
		for _, found := range findings {
			f = f.At(place(ConfProblem{File: found.File, Line: found.Line}), found.Message)
		}
		return f
	}
	return s.figuresMove(ctx, c, since)
}

// figuresMove waits until the broker has told its uptime as lately as its interval promises.
func (s *Service) figuresMove(ctx context.Context, c *conf.Config, since time.Time) error {
	interval := 10 * time.Second
	for _, set := range c.Settings() {
		if set.Key == "sys_interval" {
			seconds, err := strconv.Atoi(strings.TrimSpace(set.Value))
			if err != nil || seconds <= 0 || seconds > 10 {
				return nil // it is turned off, or too slow to wait for
			}
			interval = time.Duration(seconds) * time.Second
		}
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(interval + figuresMargin)
	defer late.Stop()
	for {
		if _, at, ok := s.o.Session.Sys("uptime"); ok && at.After(since.Add(-interval-figuresMargin)) {
			return nil
		}
		select {
		case <-tick.C:
		case <-late.C:
			return fault.New(fault.Refused, "the broker runs, but its figures in $SYS do not move")
		case <-ctx.Done():
			return fault.New(fault.Refused, "the broker runs, but was not seen to work in time").Because(ctx.Err())
		}
	}
}
