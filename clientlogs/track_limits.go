package clientlogs

// Limits bound what a Tracker keeps of what clients can invent. Zero means the default, which stands behind each.
type Limits struct {
	Clients    int   // connected clients that are remembered: 1,000,000
	TextBytes  int64 // of their ids, users and addresses together: 256 MiB
	Away       int   // persistent sessions whose clients are away: 100,000
	Passing    int   // other clients that were there within the last minutes: 20,000
	Arrivals   int   // connections that have not logged in yet: 10,000
	Publishes  int   // client and topic pairs that are being counted: 50,000
	Filters    int   // subscriptions of one client: 100,000; of all together: forty times as many
	Folds      int   // groups of events beyond a quota: 10,000
	Addresses  int   // addresses whose use is measured: 50,000
	PerClient  Quota // events of one client: 120 at once, 60 a minute
	PerAddress Quota // events of one address (of IPv6 the first 64 bits): 10,000 at once, 600 a minute
	Publishing Quota // publish events of one client: 12,000 at once, 6,000 a minute
}

// Quota is how much of something is recorded one by one; what is beyond is folded.
type Quota struct {
	AtOnce    int
	PerMinute int
}

func (l Limits) withDefaults() Limits {
	number := func(n *int, usual int) {
		if *n <= 0 {
			*n = usual
		}
	}
	quota := func(q *Quota, atOnce, perMinute int) {
		number(&q.AtOnce, atOnce)
		number(&q.PerMinute, perMinute)
	}
	number(&l.Clients, 1_000_000)
	number(&l.Away, 100_000)
	number(&l.Passing, 20_000)
	number(&l.Arrivals, 10_000)
	number(&l.Publishes, 50_000)
	number(&l.Filters, 100_000)
	number(&l.Folds, 10_000)
	number(&l.Addresses, 50_000)
	if l.TextBytes <= 0 {
		l.TextBytes = 256 << 20
	}
	quota(&l.PerClient, 120, 60)
	// One address may be a whole site behind a router, so it gets far more than a client.
	quota(&l.PerAddress, 10_000, 600)
	quota(&l.Publishing, 12_000, 6_000)
	return l
}

// Counts is how much a Tracker holds and what it had to let go.
type Counts struct {
	Sessions  int // connected now
	Unsure    int // of them, those that may have ended
	Away      int // persistent sessions whose clients are away
	Arrivals  int // connections that have not logged in yet
	Publishes int // client and topic pairs that are being counted

	Evicted int64 // clients, connections and filters that were forgotten because there were too many
	Folded  int64 // events beyond a quota, which were counted instead of recorded one by one
	Doubts  int64 // lines of which nobody knows whether the broker or a client made them
}
