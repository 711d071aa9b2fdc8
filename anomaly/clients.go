package anomaly

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// ClientKind is what a client did.
type ClientKind uint8

// The kinds of what clients do.
const (
	ClientConnected ClientKind = iota + 1
	ClientGone
	ClientRefused // a login failed
	ClientSubscribed
	ClientPublished
	ClientTakenOver // another connection has come with the same client id
)

// ClientEvent is what a client did, as the broker's log tells it.
type ClientEvent struct {
	At       time.Time
	Kind     ClientKind
	ClientID string // empty where the broker did not say
	Username string
	Address  string // without the port; empty where unknown
	Topic    string // of a publish, or the filter of a subscription
	Clean    bool   // of ClientGone: the client said goodbye, or the broker stopped
	Trusted  bool   // an administrator, a bridge, or ourselves: it may do unusual things
}

// The kinds of findings about clients.
const (
	kindRefused    series.Kind = "refused"
	kindGuessed    series.Kind = "guessed"
	kindFlapping   series.Kind = "flapping"
	kindSharedID   series.Kind = "shared_id"
	kindNewAddress series.Kind = "new_address"
	kindNewTopic   series.Kind = "new_topic"
	kindWide       series.Kind = "wide_subscription"
)

const (
	mostClients   = 20_000 // that are remembered; the quietest go first
	mostAddresses = 8      // of a client
	mostTopics    = 64     // of a client; one that uses more is not watched for new ones
	lastSessions  = 5

	shortSession  = 30 * 1000   // milliseconds
	flapWithin    = 10 * 60_000 // in which so many short sessions are flapping
	shareWithin   = 10 * 60_000 // in which so many takeovers are two devices with one id
	sharedFrom    = 3           // takeovers
	refusedWithin = 60_000      // in which so many refusals are an alarm whatever was before
	refusedFrom   = 5           // refusals
	guessedFrom   = 10          // refusals before a login that succeeds
	knownFrom     = 10          // logins after which a new address is worth a word
	novelFrom     = 1000        // publishes after which a new topic is
)

// clients is everything that is known of clients.
type clients struct {
	byID    map[string]*client
	evicted int64
	storm   storm
	quietTo int64 // until then everybody connects because of a restart
}

func (c *clients) init() { c.byID = map[string]*client{} }

func (c *clients) restart(ms int64) { c.quietTo = ms + graceMs }

// client is what is known of a client, or of an address that names none.
type client struct {
	id        string
	first     int64
	last      int64
	events    int64
	connects  int64
	publishes int64
	user      string
	since     int64 // of the present session; 0: not connected
	there     int64 // when it came or went last
	ended     [lastSessions]struct{ at, lasted int64 }
	nEnded    int
	taken     [sharedFrom]struct {
		at      int64
		address string
	}
	nTaken    int
	refused   [guessedFrom + 1]int64 // when the last ones were
	nRefused  int                    // since the last login that succeeded
	addresses []string
	topics    []uint32 // fingerprints of what it publishes
	wide      []string // wide filters that have been told
	many      bool     // it publishes to more topics than are remembered
}

// get finds or makes a client; what was quiet for longest goes when there are too many.
func (c *clients) get(ms int64, id string) *client {
	k := c.byID[id]
	if k == nil {
		if len(c.byID) >= mostClients {
			c.evict()
		}
		k = &client{id: id, first: ms}
		c.byID[id] = k
	}
	k.last = ms
	k.events++
	return k
}

// evict forgets a tenth of the clients, the quietest: one at a time would have to look at all each time.
func (c *clients) evict() {
	all := make([]*client, 0, len(c.byID))
	for _, k := range c.byID {
		all = append(all, k)
	}
	slices.SortFunc(all, func(x, y *client) int { return int(x.last - y.last) })
	for _, k := range all[:len(all)/10+1] {
		delete(c.byID, k.id)
		c.evicted++
	}
}

// client takes what a client did in.
func (w *watch) client(e *ClientEvent) {
	ms := e.At.UnixMilli()
	id := e.ClientID
	if id == "" {
		id = e.Address
	}
	if id == "" || e.Trusted && e.Kind != ClientPublished {
		return
	}
	if e.Kind == ClientPublished {
		w.publishes(ms, id, e)
		return
	}
	k := w.clients.get(ms, id)
	if e.Username != "" {
		k.user = e.Username
	}
	switch e.Kind {
	case ClientConnected:
		w.connects(ms, k, e)
	case ClientGone:
		w.goes(ms, k, e)
	case ClientRefused:
		w.refuses(ms, k, e)
	case ClientTakenOver:
		w.takesOver(ms, k, e)
	case ClientSubscribed:
		w.subscribes(ms, k, e)
	}
}

// about begins a report about a client.
func about(ms int64, k *client, kind series.Kind, severity incident.Severity) *incident.Report {
	return &incident.Report{
		Finding: series.Finding{Kind: kind, At: ms, Since: ms},
		Subject: incident.Subject{Type: incident.TypeClient, Entity: k.id, Client: k.id},
		Class:   incident.Access, Severity: severity, Rule: string(kind),
	}
}

func (w *watch) connects(ms int64, k *client, e *ClientEvent) {
	if k.nRefused > guessedFrom && ms-k.refused[0] < 24*hourMs {
		r := about(ms, k, kindGuessed, incident.Critical)
		r.Value, r.Score = float64(k.nRefused), 2 // more than the refusals before it
		r.Title = k.id + " logged in after many refusals"
		r.Text = fmt.Sprintf("At %s a login succeeded from %s after %d refusals: somebody may have guessed a password. Rule: success after more than %d refusals.",
			w.book.Clock(ms), place(e.Address), k.nRefused, guessedFrom)
		w.take(r)
	}
	k.nRefused = 0
	k.connects++
	k.since, k.there = ms, ms
	w.address(ms, k, e)
}

func place(address string) string {
	if address == "" {
		return "an unknown address"
	}
	return address
}

// address looks whether the client comes from where it has come from. A new one is shown and not sent: people move.
func (w *watch) address(ms int64, k *client, e *ClientEvent) {
	if e.Address == "" || slices.Contains(k.addresses, e.Address) {
		return
	}
	known := len(k.addresses)
	if known == mostAddresses {
		k.addresses = append(k.addresses[1:], e.Address)
		return // it comes from everywhere
	}
	k.addresses = append(k.addresses, e.Address)
	if known == 0 || known > 2 || k.connects < knownFrom {
		return
	}
	r := about(ms, k, kindNewAddress, incident.Low)
	r.Score = math.Log10(float64(k.connects + 1))
	r.Title = k.id + " comes from a new address"
	r.Text = fmt.Sprintf("At %s it connected from %s; in %d connections before it came from %s. Rule: new address of a client.",
		w.book.Clock(ms), e.Address, k.connects-1, join(k.addresses[:known]))
	w.take(r)
}

func join(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return words[0] + fmt.Sprintf(" or %d others", len(words)-1)
}

// goes looks whether sessions end too soon and not by the client's own wish.
func (w *watch) goes(ms int64, k *client, e *ClientEvent) {
	since := k.since
	k.since, k.there = 0, ms
	if e.Clean || since == 0 || ms < w.clients.quietTo {
		return
	}
	k.ended[k.nEnded%lastSessions].at, k.ended[k.nEnded%lastSessions].lasted = ms, ms-since
	k.nEnded++
	if k.nEnded < lastSessions {
		return
	}
	lasted := make([]int64, 0, lastSessions)
	for _, s := range k.ended {
		if ms-s.at > flapWithin {
			return
		}
		lasted = append(lasted, s.lasted)
	}
	slices.Sort(lasted)
	median := lasted[lastSessions/2]
	if median >= shortSession {
		return
	}
	r := about(ms, k, kindFlapping, 0)
	r.Since = k.ended[k.nEnded%lastSessions].at
	r.Score, r.Value, r.Expected = 1, float64(median)/1000, shortSession/1000
	r.Title = k.id + " loses its connection again and again"
	r.Text = fmt.Sprintf("Since %s its last %d sessions ended without a goodbye, half of them within %s. Rule: median session below 30 s.",
		w.book.Clock(r.Since), lastSessions, incident.Seconds(r.Value))
	w.take(r)
}

func (w *watch) refuses(ms int64, k *client, e *ClientEvent) {
	w.clients.storm.refused(ms)
	copy(k.refused[1:], k.refused[:])
	k.refused[0] = ms
	k.nRefused++
	if k.nRefused < refusedFrom || ms-k.refused[refusedFrom-1] > refusedWithin {
		return
	}
	r := about(ms, k, kindRefused, incident.High)
	r.Since, r.Score, r.Value = k.refused[refusedFrom-1], 1, float64(k.nRefused)
	r.Title = k.id + " is refused again and again"
	who := ""
	if e.Username != "" {
		who = fmt.Sprintf(" as %q", e.Username)
	}
	r.Text = fmt.Sprintf("At %s it was refused for the %d. time in a row%s, from %s; the last %d times within a minute. Rule: %d refusals in a minute.",
		w.book.Clock(ms), k.nRefused, who, place(e.Address), refusedFrom, refusedFrom)
	w.take(r)
}

// takesOver looks whether two devices drive each other out.
func (w *watch) takesOver(ms int64, k *client, e *ClientEvent) {
	if ms < w.clients.quietTo {
		return
	}
	at := k.nTaken % sharedFrom
	k.taken[at].at, k.taken[at].address = ms, e.Address
	k.nTaken++
	if k.nTaken < sharedFrom {
		return
	}
	oldest := k.taken[k.nTaken%sharedFrom].at
	if ms-oldest > shareWithin {
		return
	}
	r := about(ms, k, kindSharedID, incident.High)
	r.Since, r.Score, r.Value = oldest, 1, sharedFrom
	r.Title = "two devices use the client id " + k.id
	r.Text = fmt.Sprintf("Since %s connections with this client id have driven each other out %d times, the last one from %s. Give each device an id of its own. Rule: %d takeovers in ten minutes.",
		w.book.Clock(oldest), sharedFrom, place(e.Address), sharedFrom)
	w.take(r)
}

// subscribes looks for filters that see everything. They are shown, once for each client, and not sent.
func (w *watch) subscribes(ms int64, k *client, e *ClientEvent) {
	if e.Topic != "#" && e.Topic != "$SYS/#" || slices.Contains(k.wide, e.Topic) {
		return
	}
	k.wide = append(k.wide, e.Topic)
	r := about(ms, k, kindWide, incident.Low)
	r.Score = 1
	r.Title = k.id + " has subscribed to " + e.Topic
	r.Text = fmt.Sprintf("At %s it subscribed to %s, which lets it see everything that its roles do not hide. Rule: subscription to everything.", w.book.Clock(ms), e.Topic)
	w.take(r)
}

// publishes learns whose a topic is, and looks whether a client publishes where it never has.
func (w *watch) publishes(ms int64, id string, e *ClientEvent) {
	if t := w.topics.get(e.Topic); t != nil && t.client != id {
		t.client = id
	}
	if e.Trusted {
		return
	}
	k := w.clients.get(ms, id)
	k.publishes++
	if k.many {
		return
	}
	h := fingerprint(e.Topic)
	if slices.Contains(k.topics, h) {
		return
	}
	known := len(k.topics)
	if known == mostTopics {
		k.many, k.topics = true, nil
		return
	}
	k.topics = append(k.topics, h)
	if k.publishes < novelFrom || known == 0 {
		return
	}
	// Good and Turing: the chance of something new is the share of what was seen once; at most that of all that was seen.
	score := -math.Log10(float64(known+1) / float64(k.publishes+1))
	threshold := math.Log10(float64(k.publishes) / max(1, float64(ms-k.first)/(24*hourMs)) / w.budget)
	r := about(ms, k, kindNewTopic, 0)
	r.Score, r.Threshold, r.Text, r.Value = score, threshold, e.Topic, float64(known)
	r.Learned = true
	r.Title = k.id + " publishes to a new topic"
	r.Text = fmt.Sprintf("At %s it published to %s; %d messages before went to %d other topics. Rule: new topic of a client; score %.1f, alarm from %.1f on.",
		w.book.Clock(ms), e.Topic, k.publishes-1, known, score, threshold)
	w.take(r)
}

func fingerprint(s string) uint32 {
	h := uint32(2166136261) // FNV-1a
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
