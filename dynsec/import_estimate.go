package dynsec

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

const (
	// perObject is what one client, role or group adds to the time in which the broker writes its file, where we
	// cannot tell better: 2.0.11 took 12 ms a command with 3,000 clients.
	perObject = 4 * time.Microsecond
	// restartBase is how long a stop and a start take with a small file.
	restartBase = time.Second
	// restartObject is what one client adds to a restart: our reading and writing of the file, and the broker's.
	restartObject = 30 * time.Microsecond
	// paceProbes is how many commands measure the broker's pace.
	paceProbes = 3
)

// estimate judges how long an import takes.
//
// Live, 2.0 writes its file at every command and 2.1 once a message, in a time that grows with the number of
// objects; 2.1 also hashes each password a thousand times. With n objects now, m commands to send, p the measured
// time of a command that writes the file, and p = fixed + each·n:
//
//	2.0: m·fixed + each·(m·n + m²/2)
//	2.1: m·hash + messages·(fixed + each·(n + m/2))
//
// Restarting: one second, 30 µs for each object, and the hashing of the new passwords on all processors.
func (s *Service) estimate(ctx context.Context, st *State, steps []importStep, restart bool) (seconds float64, err error) {
	if len(steps) == 0 {
		return 0, nil
	}
	objects := float64(len(st.Clients) + len(st.Roles) + len(st.Groups))
	commands, passwords := 0.0, 0.0
	for _, step := range steps {
		commands += float64(len(step.send) + len(step.finish))
		if step.row.password != nil {
			passwords++
		}
	}
	hash, err := hashTime()
	if err != nil {
		return 0, err
	}
	if restart {
		d := restartBase.Seconds() + (objects+commands)*restartObject.Seconds() + passwords*hash/float64(runtime.GOMAXPROCS(0))
		return rounded(d), nil
	}
	pace, err := s.pace(ctx, objects)
	if err != nil {
		return 0, err
	}
	each := min(perObject.Seconds(), pace/max(1, objects))
	fixed := pace - each*objects
	if !dialectOf(st.Version).modern {
		return rounded(commands*fixed + each*(commands*objects+commands*commands/2)), nil
	}
	messages := math.Ceil(commands / maxBatch)
	return rounded(passwords*hash*hashFactor + commands*readPace + messages*(fixed+each*(objects+commands/2))), nil
}

const (
	// hashFactor is how much longer 2.1 hashes a password than we do for 2.0: it takes ten times the rounds, with a
	// library that is five times as quick.
	hashFactor = 2
	// readPace is what one command costs 2.1 apart from hashing and writing, in seconds.
	readPace = 50e-6
)

// pace is how long the broker takes for a command that makes it write its file, in seconds. It is measured by
// enabling our own account, which is enabled and is cut off by nothing of the kind.
func (s *Service) pace(ctx context.Context, objects float64) (float64, error) {
	if len(s.o.Own) == 0 {
		return 0.001 + objects*perObject.Seconds(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	release, err := s.takeTurn(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	var probe []broker.Command
	for range paceProbes {
		probe = append(probe, broker.Command{"command": "enableClient", "username": s.o.Own[0]})
	}
	began := s.o.Clock()
	if _, err := s.mirror.do(ctx, probe...); err != nil {
		return 0, asUnread(err)
	}
	took := s.o.Clock().Sub(began).Seconds()
	if dialectOf(s.o.Control.Status().Version).modern {
		return took, nil // one write for the whole message
	}
	return took / paceProbes, nil
}

// hashTime is how long one password takes here, in seconds.
func hashTime() (float64, error) {
	const tries = 5
	began := time.Now()
	for range tries {
		if _, err := broker.HashPassword("an estimate"); err != nil {
			return 0, fmt.Errorf("timing a password hash: %w", err)
		}
	}
	return time.Since(began).Seconds() / tries, nil
}

// rounded keeps two digits after the point, and is never quite nothing.
func rounded(seconds float64) float64 { return max(0.01, math.Round(seconds*100)/100) }
