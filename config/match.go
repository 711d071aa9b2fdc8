package config

import (
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// matches checks an If-Match header against an entity tag (RFC 9110, 13.1.1).
func matches(ifMatch, tag string) error {
	if ifMatch == "" {
		return nil
	}
	for candidate := range strings.SplitSeq(ifMatch, ",") {
		if candidate = strings.TrimSpace(candidate); candidate == "*" || candidate == tag {
			return nil
		}
	}
	return fault.New(fault.Precondition, "it was changed since you read it").
		Hint("read it again, look at what has changed, then decide anew")
}
