package store

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sparingly logs what may happen a thousand times a second: at once, then at most every ten seconds, with how many lines
// were left out. The zero value is ready.
type sparingly struct {
	mu      sync.Mutex
	last    time.Time
	leftOut int
}

const logPause = 10 * time.Second

func (s *sparingly) warn(ctx context.Context, log *slog.Logger, message string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() && time.Since(s.last) < logPause {
		s.leftOut++
		return
	}
	log.WarnContext(ctx, message, append(args, "left_out", s.leftOut)...)
	s.last, s.leftOut = time.Now(), 0
}
