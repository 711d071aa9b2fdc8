package store

const (
	// autoCheckpointPages is when a commit moves the WAL into the file itself: 16 MiB.
	autoCheckpointPages = 4096
	// walKept is how large the file of a WAL that was emptied may stay.
	walKept = 8 << 20
)
