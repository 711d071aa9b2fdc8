//go:build !linux

package logtail

import (
	"context"
	"errors"
	"time"
)

// notices is not there on this system.
type notices struct{}

func newNotices(string) (*notices, error) { return nil, errors.ErrUnsupported }

func (*notices) watch(*segment) error                         { return nil }
func (*notices) wait(_ context.Context, _ time.Duration) bool { return false }
func (*notices) also(string)                                  {}
func (*notices) close()                                       {}
