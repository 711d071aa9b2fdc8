package dynsec

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

const (
	// firstBatch and maxBatch are how many clients one message changes. The broker serves nobody else while it works
	// on a message, and 2.0 writes its whole file for every command, so the size follows how long messages take.
	firstBatch = 20
	maxBatch   = 100
	// batchTime is how long one message should keep the broker busy.
	batchTime = 300 * time.Millisecond
	// importPatience is how long an import waits for a broker that went away.
	importPatience = 30 * time.Second
	// batchTries is how often a message is planned again whose outcome had to be read back.
	batchTries = 3
	// progressEvery is how often a running import tells the log how far it is.
	progressEvery = 5 * time.Second
)

// importLive sends the steps in messages of a size that suits the broker. The turn is given back after each, so that
// other changes get in between, and each message is planned against the state as it is then. A message without an
// answer is settled by reading the state back; nothing is sent twice that may have been done.
func (s *Service) importLive(ctx context.Context, steps []importStep, o ImportOptions, result *ImportResult) {
	ctx, cancel := context.WithTimeout(ctx, importTime)
	defer cancel()
	size, total, told := firstBatch, len(steps), s.o.Clock()
	for len(steps) > 0 {
		n := min(size, len(steps))
		began := s.o.Clock()
		left, err := steps[:n], ctx.Err()
		if err == nil {
			left, err = s.importBatch(ctx, steps[:n], o, result)
		}
		if err != nil {
			steps = slices.Concat(left, steps[n:])
			result.Unfinished = unfinished(ctx, err)
			result.fail("not sent: the import ended before this line", steps...)
			s.log.Warn("import ended early", "left", len(steps), "error", err)
			return
		}
		took := s.o.Clock().Sub(began)
		steps = steps[n:]
		size = nextBatch(n, took)
		if now := s.o.Clock(); now.Sub(told) >= progressEvery {
			told = now
			s.log.Info("import goes on", "done", total-len(steps), "of", total)
		}
	}
}

// unfinished says in the caller's words why an import ended early.
func unfinished(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return "the time for one import was over or the request was ended; import the same file again to go on"
	}
	return fault.From(err).Message + "; import the same file again to go on"
}

// nextBatch is the size of the next message, so that it keeps the broker busy for about batchTime.
func nextBatch(n int, took time.Duration) int {
	if took <= 0 {
		return maxBatch
	}
	return max(1, min(maxBatch, 2*n, int(float64(n)*float64(batchTime)/float64(took))))
}

// importBatch carries out some steps. When it fails, left are those that were surely not done; those of which that is
// not known are counted as failed already. A caller who goes away is noticed only between messages, so that what
// becomes of each message is known.
func (s *Service) importBatch(ctx context.Context, steps []importStep, o ImportOptions, result *ImportResult) (left []importStep, err error) {
	release, err := s.takeTurn(ctx)
	if err != nil {
		return steps, err
	}
	defer release()
	ctx = context.WithoutCancel(ctx)
	st, err := s.awaitState(ctx)
	if err != nil {
		return steps, err
	}
	plan := s.planAgain(ctx, st, steps, o, result)
	for range batchTries {
		if len(plan) == 0 {
			return nil, nil
		}
		s.o.BeforeWrite()
		if err = s.sendBatch(ctx, st, plan, result); err == nil {
			return nil, nil
		}
		// What was done is counted; the rest is planned again against what is there now.
		after, readErr := s.awaitReadBack(ctx)
		switch {
		case readErr == nil:
			st, plan = after, s.settled(ctx, after, plan, o, result)
		case fault.Is(err, fault.Unavailable):
			return plan, err
		default:
			result.fail("sent, and the broker did not answer: it is not known whether this line is in; import the file again", plan...)
			return nil, err
		}
	}
	return plan, err
}

// awaitReadBack reads the state as soon as the broker can be asked again.
func (s *Service) awaitReadBack(ctx context.Context) (*State, error) {
	ctx, cancel := context.WithTimeout(ctx, importPatience)
	defer cancel()
	s.mirror.distrust()
	return s.readBack(ctx)
}

// awaitState waits for a broker that is away, because a broker that restarts is back in a moment.
func (s *Service) awaitState(ctx context.Context) (*State, error) {
	ctx, cancel := context.WithTimeout(ctx, importPatience)
	defer cancel()
	for {
		st, err := s.stateInTurn(ctx)
		if err == nil || !fault.Is(err, fault.Unavailable) {
			return st, err
		}
		timer := time.NewTimer(50 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		}
	}
}

// planAgain plans rows against a newer state; those that need nothing any more or cannot be done are counted.
func (s *Service) planAgain(ctx context.Context, st *State, steps []importStep, o ImportOptions, result *ImportResult) []importStep {
	rows := make([]importRow, len(steps))
	for i, step := range steps {
		rows[i] = *step.row
	}
	plan := s.planImport(ctx, st, rows, o.Update)
	result.Skipped += plan.skipped
	result.Failed = append(result.Failed, plan.failed...)
	return plan.steps
}

// settled is called after a message whose outcome was not told. Steps that the state shows done are counted; the rest
// is planned again. A client that should have been made without our message having arrived was made by somebody else
// in the same moment, which cannot be told apart.
func (s *Service) settled(ctx context.Context, st *State, plan []importStep, o ImportOptions, result *ImportResult) []importStep {
	var again []importStep
	for _, step := range plan {
		got, exists := st.Client(step.row.username)
		switch {
		case step.make && exists && len(step.finish) == 0:
			result.verify(step, got)
		case step.make && exists:
			// Made, but not known to be finished; finishing twice is harmless.
			again = append(again, importStep{row: step.row, after: step.after, make: true, send: step.finish})
		case !step.make && exists && step.row.password == nil && sameClient(got, step.after):
			result.count(step)
		default:
			again = append(again, step)
		}
	}
	var fresh []importStep
	for _, step := range again {
		if step.make && st.HasClient(step.row.username) {
			fresh = append(fresh, step)
			continue
		}
		fresh = append(fresh, s.planAgain(ctx, st, []importStep{step}, o, result)...)
	}
	return fresh
}

// sendBatch sends the steps, then what finishes them, and reads the clients back in the same messages. An error means
// that the outcome of the first message is not known, or that it was not sent.
func (s *Service) sendBatch(ctx context.Context, st *State, plan []importStep, result *ImportResult) error {
	ctx, cancel := context.WithTimeout(ctx, importPatience)
	defer cancel()
	var finish []importStep
	done, refused, err := s.exchangeBatch(ctx, st, plan)
	if err != nil {
		return err
	}
	for i, step := range plan {
		switch {
		case refused[i] != "":
			result.fail("the broker refused it: "+refused[i], step)
		case len(step.finish) > 0:
			finish = append(finish, importStep{row: step.row, after: step.after, make: step.make, send: step.finish})
		default:
			result.verify(step, done[i])
		}
	}
	if len(finish) == 0 {
		return nil
	}
	done, refused, err = s.exchangeBatch(ctx, s.mirror.latest(), finish)
	if err != nil {
		s.mirror.distrust()
	}
	for i, step := range finish {
		switch {
		case err != nil:
			result.fail("made, but it is not known whether it is disabled and has its password; import the line again with existing=update", step)
		case refused[i] != "":
			result.fail("made, but the broker refused to finish it: "+refused[i], step)
		default:
			result.verify(step, done[i])
		}
	}
	return nil
}

// exchangeBatch sends one message and answers, for each step, the client as it is read back, or the plugin's words.
func (s *Service) exchangeBatch(ctx context.Context, st *State, plan []importStep) (done []*Client, refused []string, err error) {
	var message []broker.Command
	for _, step := range plan {
		message = append(message, step.send...)
	}
	for _, step := range plan {
		message = append(message, getClient(step.row.username))
	}
	responses, err := s.mirror.do(ctx, message...)
	if err != nil {
		return nil, nil, fmt.Errorf("sending clients of an import: %w", err)
	}
	done, refused = make([]*Client, len(plan)), make([]string, len(plan))
	at := 0
	for i, step := range plan {
		for range step.send {
			if text := responses[at].Error; text != "" && refused[i] == "" {
				refused[i] = text
			}
			at++
		}
	}
	d := newDecoder(s.own)
	var known []*Client
	for i := range plan {
		if r := responses[at+i]; r.Error == "" {
			if done[i], _, err = d.decodeClient(r.Data); err != nil {
				s.mirror.distrust()
				return nil, nil, fmt.Errorf("reading back clients of an import: %w", err)
			}
			known = append(known, done[i])
		}
	}
	s.mirror.adopt(st.withClients(known))
	return done, refused, nil
}

// verify counts a step when the client is as it was wanted.
func (r *ImportResult) verify(step importStep, got *Client) {
	if got == nil || !sameClient(got, step.after) {
		r.fail("the broker holds something else than was asked for; look at the client", step)
		return
	}
	r.count(step)
}

// withClients adds or replaces many clients at once.
func (s *State) withClients(clients []*Client) *State {
	slices.SortFunc(clients, func(a, b *Client) int { return strings.Compare(a.Username, b.Username) })
	n := s.copy()
	n.Clients = make([]*Client, 0, len(s.Clients)+len(clients))
	old := s.Clients
	for _, c := range clients {
		i, found := slices.BinarySearchFunc(old, c.Username, func(c *Client, name string) int { return strings.Compare(c.Username, name) })
		n.Clients = append(append(n.Clients, old[:i]...), c)
		if found {
			i++
		}
		old = old[i:]
	}
	n.Clients = append(n.Clients, old...)
	return n
}
