package dynsecfile

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
)

// changeIndex is 2.1's count of its own changes. It says nothing about what the file says.
const changeIndex = "changeIndex"

// ETag is an entity tag for what the file says, hashes included. The order in which the broker happens to write, the
// form of a hash, and 2.1's changeIndex are not part of it.
func ETag(f *broker.DynsecFile) string {
	sum := sha256.Sum256(canonical(f).Bytes())
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// canonical is a copy in which equal states are equal. Nothing is left out but changeIndex, so that a file that can be
// mended has a tag as well.
func canonical(f *broker.DynsecFile) *broker.DynsecFile {
	n := *f
	n.Unknown = tidy(f.Unknown, changeIndex)
	n.DefaultACLAccess.Unknown = tidy(f.DefaultACLAccess.Unknown)
	n.Clients = ordered(f.Clients, func(c *broker.DynsecClient) string { return c.Username }, func(c *broker.DynsecClient) {
		c.EncodedPassword, c.Password = hashOf(c), broker.PasswordHash{}
		c.Roles, c.Unknown = tidyRefs(c.Roles), tidy(c.Unknown)
	})
	n.Groups = ordered(f.Groups, func(g *broker.DynsecGroup) string { return g.Groupname }, func(g *broker.DynsecGroup) {
		g.Roles, g.Unknown = tidyRefs(g.Roles), tidy(g.Unknown)
		g.Clients = ordered(g.Clients, func(c *broker.DynsecClientRef) string { return c.Username },
			func(c *broker.DynsecClientRef) { c.Unknown = tidy(c.Unknown) })
	})
	n.Roles = ordered(f.Roles, func(r *broker.DynsecRole) string { return r.Rolename }, func(r *broker.DynsecRole) {
		r.ACLs, r.Unknown = inDecisionOrder(r.ACLs), tidy(r.Unknown)
		if r.AllowWildcardSubs != nil && *r.AllowWildcardSubs {
			r.AllowWildcardSubs = nil
		}
	})
	return &n
}

// ordered is a sorted copy whose entries are put in order.
func ordered[T any](list []T, name func(*T) string, tidyUp func(*T)) []T {
	out := slices.Clone(list)
	for i := range out {
		tidyUp(&out[i])
	}
	slices.SortStableFunc(out, func(a, b T) int { return cmp.Compare(name(&a), name(&b)) })
	return out
}

func tidyRefs(refs []broker.DynsecRoleRef) []broker.DynsecRoleRef {
	if len(refs) < 2 && (len(refs) == 0 || refs[0].Unknown == nil) {
		return refs
	}
	return ordered(refs, func(r *broker.DynsecRoleRef) string { return r.Rolename },
		func(r *broker.DynsecRoleRef) { r.Unknown = tidy(r.Unknown) })
}

// tidy is a copy of members without spaces and in order, without the key that is named.
func tidy(members []broker.RawMember, without ...string) []broker.RawMember {
	var out []broker.RawMember
	for _, m := range members {
		if slices.Contains(without, m.Key) {
			continue
		}
		var compact bytes.Buffer
		if json.Compact(&compact, m.Value) == nil {
			m.Value = compact.Bytes()
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b broker.RawMember) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// sameMembers tells whether keys that we do not know have the same values.
func sameMembers(a, b []broker.RawMember, without ...string) bool {
	if len(a) == 0 && len(b) == 0 {
		return true
	}
	return slices.EqualFunc(tidy(a, without...), tidy(b, without...), func(a, b broker.RawMember) bool {
		return a.Key == b.Key && bytes.Equal(a.Value, b.Value)
	})
}
