package dynsec

import (
	"strconv"
	"strings"
)

// dialect is what the versions of the plugin decide differently.
type dialect struct {
	// modern is 2.1 and later: %c and %u stand for the session, a wildcard does not reach topics that begin with $
	// when it covers a filter, and a role can refuse wildcard subscriptions.
	modern bool
}

// dialectOf reads a version such as 2.0.11. An unknown one is taken for 2.0, which most installations run.
func dialectOf(version string) dialect {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	return dialect{modern: errA == nil && errB == nil && (a > 2 || a == 2 && b >= 1)}
}

// identity is who asks, as far as an ACL can name them.
type identity struct {
	username, clientid string
}

// matchesTopic says whether an ACL of a publish type holds for a topic, as the plugin decides it: MQTT's matching,
// where a leading wildcard does not reach topics that begin with $.
func (d dialect) matchesTopic(acl, topic string, who identity) bool {
	if acl == "" || topic == "" || (acl[0] == '$') != (topic[0] == '$') {
		return false
	}
	if strings.ContainsAny(topic, "+#") {
		return false
	}
	return d.walk(acl, topic, who)
}

// covers says whether an ACL of type subscribePattern or unsubscribePattern holds for the asked filter.
func (d dialect) covers(acl, asked string, who identity) bool {
	if !d.modern {
		return coversClassic(acl, asked)
	}
	if acl == "" || asked == "" || (acl[0] == '$') != (asked[0] == '$') {
		return false
	}
	return d.walk(acl, asked, who)
}

// walk compares level by level. The asked side may hold wildcards of its own: # of the ACL covers any of them, +
// covers everything but #.
func (d dialect) walk(acl, asked string, who identity) bool {
	if filterShapeBroken(acl) {
		return false // a foreign manager may have stored it; Mosquitto never matches it either
	}
	for {
		level, aclRest, aclMore := strings.Cut(acl, "/")
		if level == "#" {
			return true
		}
		word, askedRest, askedMore := strings.Cut(asked, "/")
		switch {
		case level == "+":
			if word == "#" {
				return false
			}
		case d.modern && (level == "%c" || level == "%u"):
			if !substitutes(level, word, who) {
				return false
			}
		case level != word:
			return false
		}
		switch {
		case !aclMore && !askedMore:
			return true
		case !askedMore:
			return aclRest == "#" // a/# holds for a itself
		case !aclMore:
			return false
		}
		acl, asked = aclRest, askedRest
	}
}

// substitutes says whether a level of the asked topic is the session's client id (%c) or username (%u). One that is
// a bare wildcard stands for nothing, or whoever chose it could subscribe to everybody's level.
func substitutes(level, word string, who identity) bool {
	value := who.username
	if level == "%c" {
		value = who.clientid
	}
	return value != "" && value != "+" && value != "#" && value == word
}

// coversClassic is 2.0's rule, which knows nothing special about $ and lets a trailing /# be left out before the
// levels are compared, so that /# covers # and +/# covers it too (mosquitto 2.0, sub_matches_sub.c).
func coversClassic(acl, asked string) bool {
	if acl == "#" {
		return true
	}
	acl, open := trimHash(acl)
	asked, wide := trimHash(asked)
	if wide && !open {
		return false
	}
	for {
		level, aclRest, aclMore := strings.Cut(acl, "/")
		word, askedRest, askedMore := strings.Cut(asked, "/")
		if level != "+" && level != word {
			return false
		}
		switch {
		case !aclMore && !askedMore:
			return true
		case !askedMore:
			return false
		case !aclMore:
			return open
		}
		acl, asked = aclRest, askedRest
	}
}

// trimHash takes a trailing # with its slash away and says whether there was one.
func trimHash(filter string) (string, bool) {
	if filter == "#" {
		return "", true
	}
	return strings.CutSuffix(filter, "/#")
}

// filterShapeBroken says whether wildcards stand where MQTT does not allow them.
func filterShapeBroken(filter string) bool {
	for {
		level, rest, more := strings.Cut(filter, "/")
		if len(level) > 1 && strings.ContainsAny(level, "+#") || level == "#" && more {
			return true
		}
		if !more {
			return false
		}
		filter = rest
	}
}
