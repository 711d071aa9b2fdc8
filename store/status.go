package store

// batcher is what Status needs of a Batcher.
type batcher interface{ Stats() BatchStats }

// register makes a Batcher known.
func (db *DB) register(b batcher) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.batchers = append(db.batchers, b)
}

// Recording reports whether rows are recorded. It is false while the disk is too full: Batchers throw away and count.
func (db *DB) Recording() bool { return !db.paused.Load() }
