package clientlogs

import (
	"encoding/binary"
	"slices"
)

// filters is the set of a session's subscriptions. Only hashes are kept: the number is what is asked for, and a filter
// that is given up must be the same as one that was taken. Two filters of one hash are one, which nobody will meet.
type filters struct {
	known  bool // false where the session may have some that we have not seen
	hashes []uint64
}

// none is a session that has just begun.
func none() filters { return filters{known: true} }

// count is the number of filters, -1 where it is unknown.
func (f *filters) count() int {
	if !f.known {
		return -1
	}
	return len(f.hashes)
}

// add takes a filter; more than limit make the number unknown. It returns by how much the set grew.
func (f *filters) add(topic []byte, limit int) int {
	if !f.known {
		return 0
	}
	h := hash(topic)
	at, there := slices.BinarySearch(f.hashes, h)
	if there {
		return 0
	}
	if len(f.hashes) >= limit {
		return f.forget()
	}
	f.hashes = slices.Insert(f.hashes, at, h)
	return 1
}

// remove gives a filter up.
func (f *filters) remove(topic []byte) int {
	at, there := slices.BinarySearch(f.hashes, hash(topic))
	if !there {
		return 0
	}
	f.hashes = slices.Delete(f.hashes, at, at+1)
	return -1
}

// forget makes the number unknown.
func (f *filters) forget() int {
	n := len(f.hashes)
	*f = filters{}
	return -n
}

// hash is FNV-1a, which is the same in every run of the program.
func hash(text []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range text {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// filtersVersion begins the compact form, so that an empty set differs from an unknown one.
const filtersVersion = 1

// compact is what SavedSession.Filters holds: the version and eight bytes a filter; nil where they are unknown.
func (f *filters) compact() []byte {
	if !f.known {
		return nil
	}
	b := make([]byte, 1, 1+8*len(f.hashes))
	b[0] = filtersVersion
	for _, h := range f.hashes {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	return b
}

// filtersOf reads the compact form; what it does not understand is unknown.
func filtersOf(b []byte) filters {
	if len(b) == 0 || b[0] != filtersVersion || len(b)%8 != 1 {
		return filters{}
	}
	f := none()
	for b = b[1:]; len(b) > 0; b = b[8:] {
		f.hashes = append(f.hashes, binary.LittleEndian.Uint64(b))
	}
	slices.Sort(f.hashes)
	return f
}
