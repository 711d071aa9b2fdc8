package config

import (
	"fmt"
	"slices"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// keepsOwnWay refuses to take the listener away over which we are connected. The proof would find that out as well, but only after
// everybody was disconnected and we have waited in vain for an answer.
func (s *Service) keepsOwnWay(before, after *conf.Config) []conf.Problem {
	has := func(c *conf.Config) bool {
		return slices.ContainsFunc(c.Listeners(), func(l conf.Listener) bool { return l.Port == s.o.OwnPort })
	}
	if s.o.OwnPort == 0 || !has(before) || has(after) {
		return nil
	}
	return []conf.Problem{{
		File: s.o.Site.MainConf(), Severity: conf.Error, Key: "listener",
		Message: fmt.Sprintf("BunkerM itself is connected over the listener on port %d, which this takes away", s.o.OwnPort),
		Hint:    "add the other listener beside it, start BunkerM with that one as --broker, and then take this one away",
	}}
}
