package broker

import "io"

// ClaimDataDir makes dataDir if need be, closes it to others and makes sure that one BunkerM uses it, until the
// result is closed. Manage does the same for itself; this is for a BunkerM that is attached to another broker.
func ClaimDataDir(dataDir string) (io.Closer, error) {
	l, err := newLayout(dataDir)
	if err != nil {
		return nil, err
	}
	if err := l.prepareData(-1); err != nil {
		return nil, err
	}
	return l.lockDataDir()
}
