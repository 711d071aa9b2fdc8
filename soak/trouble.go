package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"time"
)

// Trouble is a kind of bad day.
type Trouble string

// The troubles.
const (
	KillBroker  Trouble = "the broker is killed"
	KillKeeper  Trouble = "the keeper is killed"
	KillBunkerM Trouble = "BunkerM is killed"
	DiskFull    Trouble = "the disk is full"
	ClockJumps  Trouble = "the clock jumps"
)

// AllTroubles are all of them.
func AllTroubles() []Trouble {
	return []Trouble{KillBroker, KillBunkerM, DiskFull, ClockJumps, KillKeeper}
}

const (
	troubleEvery = 45 * time.Second // on average
	recovered    = 5 * time.Second  // until after a kill every line of the log is written again
)

// appointment is a trouble to come.
type appointment struct {
	after time.Duration
	what  Trouble
}

// plan spreads the troubles over the time that is left when the crowd has come. Each is there at least once. BunkerM is killed in
// the first half alone.
func plan(o Options, random *rand.Rand) []appointment {
	if len(o.Trouble) == 0 {
		return nil
	}
	begin := min(o.For/5, 2*time.Second+time.Duration(o.Clients)*rampUp)
	left := o.For*19/20 - begin
	n := max(len(o.Trouble), int(left/troubleEvery))
	each := left / time.Duration(n)
	var appointments []appointment
	var bag []Trouble
	for i := range n {
		at := begin + time.Duration(i)*each + time.Duration(random.Int64N(int64(each/2)+1))
		if len(bag) == 0 {
			bag = append(bag, o.Trouble...)
			if i > 0 { // the first round begins with the kills, which leaves BunkerM in its half
				random.Shuffle(len(bag), func(a, b int) { bag[a], bag[b] = bag[b], bag[a] })
			}
		}
		what := bag[0]
		bag = bag[1:]
		if what == KillBunkerM && at > o.For/2 {
			what = KillBroker
		}
		appointments = append(appointments, appointment{at, what})
	}
	return appointments
}

// troubles makes them as they are planned, until ctx ends. It undoes what it did.
func (s *soak) troubles(ctx context.Context, began time.Time, random *rand.Rand) {
	for _, a := range plan(s.o, random) {
		if !pause(ctx, time.Until(began.Add(a.after))) {
			return
		}
		from := time.Now()
		note, err := s.make(ctx, a.what, random)
		s.busy = append(s.busy, window{from, time.Now().Add(2 * recovered), string(a.what)})
		if err != nil {
			s.report.leave(fmt.Sprintf("%s: %v", a.what, err))
			continue
		}
		s.report.had(a.what)
		s.say("%s%s", a.what, note)
	}
}

// make makes one trouble and returns when it is over, as far as the soak has a hand in it.
func (s *soak) make(ctx context.Context, what Trouble, random *rand.Rand) (note string, err error) {
	data := s.house.data
	switch what {
	case KillBunkerM:
		if _, trimmed, err := s.house.rows(ctx); err == nil {
			s.trimmed += trimmed // it is counted since the start
		}
		s.house.kill()
		return "", nil
	case KillBroker, KillKeeper:
		former := brokerOf(data)
		pid := former
		if what == KillKeeper {
			pid = keeperOf(data)
		}
		if pid == 0 {
			return "", fmt.Errorf("there is none")
		}
		began := time.Now()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			return "", err
		}
		until(ctx, patience, func() bool {
			keeper, broker := keeperOf(data), brokerOf(data)
			return keeper != pid && broker != 0 && broker != former
		})
		if what == KillKeeper {
			s.ledger.blindFor(window{began.Add(-time.Second), time.Now().Add(recovered), string(what)})
		}
		return fmt.Sprintf(" and another runs after %s", time.Since(began).Round(10*time.Millisecond)), nil
	case DiskFull:
		return s.fullDisk(ctx, random)
	case ClockJumps:
		return s.jump(ctx, random)
	default:
		return "", fmt.Errorf("there is no such trouble")
	}
}

// holds is how long a full disk or a wrong clock stays.
func (s *soak) holds(random *rand.Rand) time.Duration {
	most := min(s.o.For/10, 20*time.Second)
	return most/2 + time.Duration(random.Int64N(int64(most/2)+1))
}

func (s *soak) fullDisk(ctx context.Context, random *rand.Rand) (string, error) {
	if !s.disk {
		return "", fmt.Errorf("only root may mount a small disk")
	}
	folder := filepath.Dir(s.house.data)
	state := func() recording {
		page, _ := look[struct{ Recording recording }](ctx, s.house, "/clientlogs?limit=1")
		return page.Recording
	}
	before, began, hold := state(), time.Now(), s.holds(random)
	if err := fillDisk(folder); err != nil {
		return "", err
	}
	pause(ctx, hold)
	if err := emptyDisk(folder); err != nil {
		return "", err
	}
	room := time.Now()
	// Recording has stopped, which it notices and says by itself.
	var after recording
	fine := until(ctx, patience, func() bool { after = state(); return after.State == "recording" && after.Queued == 0 })
	if !fine && ctx.Err() == nil {
		s.report.broke("recording did not go on %s after the disk had room again: %+v", patience, after)
	}
	s.dropped += after.Dropped - before.Dropped
	s.ledger.blindFor(window{began.Add(-time.Second), time.Now().Add(time.Second), string(DiskFull)})
	return fmt.Sprintf(" for %s; %s later events are recorded, and %d are counted as dropped", hold.Round(time.Second),
		time.Since(room).Round(10*time.Millisecond), after.Dropped-before.Dropped), nil
}

// jump moves the clocks of all three processes, and back.
func (s *soak) jump(ctx context.Context, random *rand.Rand) (string, error) {
	by := []time.Duration{time.Hour, -time.Hour, 26 * time.Hour, -26 * time.Hour, 90 * time.Second, -90 * time.Second}[random.IntN(6)]
	move := func(by time.Duration) error {
		for _, pid := range []int{keeperOf(s.house.data), brokerOf(s.house.data), s.house.pid()} {
			if err := moveClock(pid, by); err != nil {
				return err
			}
		}
		return nil
	}
	hold := s.holds(random)
	err := move(by)
	if err == nil {
		pause(ctx, hold)
	}
	if back := move(0); back != nil {
		return "", back
	}
	return fmt.Sprintf(" by %s for %s", by, hold.Round(time.Second)), err
}
