package dynsec

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/dynsec/accessfile"
)

// TestTranslatedFilesAnswerAsTheOldOnes writes made-up access files, runs one mosquitto with them and one with what they
// are translated to, and puts the same questions to both. What the translation says is lost is left out of what is
// expected of the second, and of nothing else.
//
// BUNKERM_TEST_WORLDS sets how many files are tried; BUNKERM_TEST_SEED where they begin.
func TestTranslatedFilesAnswerAsTheOldOnes(t *testing.T) {
	worlds, seed := number(t, "BUNKERM_TEST_WORLDS", 4), number(t, "BUNKERM_TEST_SEED", int(time.Now().UnixNano()&0xffffff))
	var p proof
	for i := range worlds {
		p.world(t, uint64(seed+i))
		if t.Failed() {
			t.Fatalf("BUNKERM_TEST_SEED=%d BUNKERM_TEST_WORLDS=1 repeats it", seed+i)
		}
	}
	t.Logf("%d questions, %d of them about what is lost; %d users and anonymous clients in %d roles", p.questions, p.lost, p.people, p.roles)
	if p.questions < worlds*500 {
		t.Errorf("only %d questions were asked", p.questions)
	}
}

// proof counts over all worlds.
type proof struct{ questions, lost, people, roles int }

// oldWorld makes access files.
type oldWorld struct {
	r       *rand.Rand
	clients bool // %c is used
}

// oldUsers are the users in the files; unlisted has an account and no rules, and ruled the other way round.
var oldUsers = []string{"alice", "bob", "twin", "name with space", "dev-1", "a/b", "plus+", "bound", "%u", "unlisted", "ruled"}

func (w *oldWorld) pick(from ...string) string { return from[w.r.IntN(len(from))] }

// name is a level of a topic.
func (w *oldWorld) name() string {
	return w.pick("a", "b", "a", "b", "", "alice", "bob", "dev-1", "cid", "x y", "dev-alice", "dev-cid", "%u", "alic", "ä")
}

func (w *oldWorld) topic() string {
	levels := make([]string, 1+w.r.IntN(3))
	for i := range levels {
		levels[i] = w.name()
	}
	if w.r.IntN(8) == 0 {
		levels[0] = w.pick("$x", "$SYS", "$CONTROL", "$share")
	}
	if topic := strings.Join(levels, "/"); topic != "" {
		return topic
	}
	return "a"
}

// filter is a topic with wildcards, as rules and subscriptions have them.
func (w *oldWorld) filter() string {
	levels := strings.Split(w.topic(), "/")
	for i := range levels {
		if w.r.IntN(4) == 0 {
			levels[i] = "+"
		}
	}
	if w.r.IntN(3) == 0 {
		levels[len(levels)-1] = "#"
	}
	return strings.Join(levels, "/")
}

// pattern is a filter that speaks of who asks.
func (w *oldWorld) pattern() string {
	words := []string{"%u", "%u", "dev-%u", "a", "%u%u"}
	if w.clients {
		words = append(words, "%c", "dev-%c", "%c-%u", "%c")
	}
	levels := strings.Split(w.filter(), "/")
	if i := w.r.IntN(len(levels)); levels[i] != "#" {
		levels[i] = w.pick(words...)
	}
	return strings.Join(levels, "/")
}

func (w *oldWorld) access() string {
	return w.pick("read ", "write ", "readwrite ", "deny ", "read ", "write ", "")
}

// rules is an acl_file: sections out of order and repeated, contradictions, comments, line ends of both kinds.
func (w *oldWorld) rules() string {
	var b strings.Builder
	line := func(text string) { b.WriteString(text + w.pick("\n", "\r\n", "  \n", "\n\n", "\n# user alice\n")) }
	lines := func(n int, topic func() string, keyword string) {
		for range n {
			access, topic := w.access(), topic()
			if strings.Contains(topic, " ") && access == "" {
				access = "read "
			}
			line(keyword + w.pick(" ", "  ") + access + w.pick("", " ") + topic)
		}
	}
	if w.r.IntN(4) > 0 {
		lines(w.r.IntN(6), w.filter, "topic")
	}
	shared := fmt.Sprintf("topic read %s\ntopic deny %s\ntopic write %s", w.filter(), w.filter(), w.filter())
	for _, user := range slices.Concat(oldUsers, []string{"alice"}) {
		if user == "unlisted" {
			continue
		}
		line("user " + user)
		if user == "twin" || user == "name with space" {
			line(shared)
			continue
		}
		lines(w.r.IntN(6), w.filter, "topic")
		if w.r.IntN(2) == 0 {
			lines(w.r.IntN(3), w.pattern, "pattern")
		}
	}
	line("user speaker")
	line("topic #")
	line("topic $x/#")
	return b.String()
}

// world compares two brokers by one set of files.
func (p *proof) world(t *testing.T, seed uint64) {
	t.Helper()
	w := &oldWorld{r: rand.New(rand.NewPCG(seed, 17))}
	w.clients = w.r.IntN(2) == 0
	rules := w.rules()
	passwords := ""
	hash, err := broker.HashPassword("pw")
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range slices.Concat(oldUsers, []string{"speaker"}) {
		if user != "ruled" {
			passwords += fmt.Sprintf("%s:$7$%d$%s$%s\n", user, hash.Iterations, hash.Salt, hash.Hash)
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"passwords": passwords, "rules": rules} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := brokertest.Start(t, brokertest.WithoutPlugin(), brokertest.Anonymous(),
		brokertest.Conf("password_file "+filepath.Join(dir, "passwords"), "acl_file "+filepath.Join(dir, "rules")))
	defer old.Stop()
	modern := dialectOf(old.Version()).modern
	c := &comparedFiles{t: t, w: w, old: old, files: &accessfile.Files{
		Passwords: accessfile.ReadPasswords(passwords), Rules: accessfile.ReadRules(rules), Modern: modern}}
	translated, err := accessfile.Translate(c.files, accessfile.Options{Modern: modern, ClientID: boundID})
	if err != nil {
		t.Fatal(err)
	}
	if w.r.IntN(2) == 0 {
		c.kept = true
		translated.KeepAccess(broker.DynsecDefaults{PublishClientReceive: true, Unsubscribe: true})
	}
	c.now = startTranslated(t, translated)
	defer c.now.Stop()
	for _, user := range slices.Concat([]string{""}, oldUsers) {
		if user == "" && c.kept && translated.AnonymousGroup == "" {
			continue // they keep what they had
		}
		c.wanted = withoutLost(c.files, translated.Findings, user)
		c.user(user)
	}
	p.questions, p.lost = p.questions+c.questions, p.lost+c.lost
	p.people, p.roles = p.people+len(translated.Clients)+1, p.roles+len(translated.Roles)
	if t.Failed() {
		t.Logf("acl_file:\n%s\nfindings: %+v", rules, translated.Findings)
	}
}

func boundID(username string) string {
	if username == "bound" {
		return "cid"
	}
	return ""
}

// withoutLost are the files without the lines that were named as lost for a user.
func withoutLost(f *accessfile.Files, found []accessfile.Finding, username string) *accessfile.Files {
	gone := func(r accessfile.Rule) bool {
		return slices.ContainsFunc(found, func(f accessfile.Finding) bool {
			return f.Source == accessfile.SourceRules && f.Kind == accessfile.Lost && f.Line == r.Line &&
				(len(f.Users) == 0 || username == "" || slices.Contains(f.Users, username))
		})
	}
	rules := &accessfile.Rules{Users: map[string][]accessfile.Rule{}}
	rules.Anonymous = slices.DeleteFunc(slices.Clone(f.Rules.Anonymous), gone)
	rules.Patterns = slices.DeleteFunc(slices.Clone(f.Rules.Patterns), gone)
	rules.Users[username] = slices.DeleteFunc(slices.Clone(f.Rules.Users[username]), gone)
	return &accessfile.Files{Rules: rules, Modern: f.Modern}
}

// startTranslated runs a broker with a translation.
func startTranslated(t *testing.T, tr *accessfile.Translation) *brokertest.Broker {
	t.Helper()
	b := brokertest.Start(t, brokertest.Anonymous())
	b.Stop()
	path := filepath.Join(b.Dir, "dynamic-security.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := broker.ParseDynsecFile(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range tr.Clients {
		if id := boundID(c.Username); id != "" {
			c.ClientID = &id
		}
		f.Clients = append(f.Clients, c.DynsecClient)
	}
	f.Roles, f.Groups, f.AnonymousGroup = append(f.Roles, tr.Roles...), append(f.Groups, tr.Groups...), tr.AnonymousGroup
	if tr.Access != nil {
		f.DefaultACLAccess = *tr.Access
	}
	if err := os.WriteFile(path, f.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Start()
	return b
}

// comparedFiles asks two brokers.
type comparedFiles struct {
	t               *testing.T
	w               *oldWorld
	old, now        *brokertest.Broker
	files           *accessfile.Files
	wanted          *accessfile.Files // without what is lost for who asks
	kept            bool
	questions, lost int
}

// compare looks at both brokers' answers to a question.
func (c *comparedFiles) compare(username, clientid string, action accessfile.Action, topic string, old, now bool) {
	c.t.Helper()
	q := accessfile.Question{ClientID: clientid, Action: action, Topic: topic}
	if username != "" {
		q.Username = &username
	}
	was, will := c.files.Allows(q), c.wanted.Allows(q)
	c.questions++
	if was != will {
		c.lost++
	}
	if old != was {
		c.t.Errorf("%q as %q %s %q: mosquitto with the old files says %v, we say %v", username, clientid, action, topic, old, was)
	}
	beyond := strings.HasPrefix(topic, "$") && (c.kept || strings.HasPrefix(topic, "$CONTROL") || strings.HasPrefix(topic, "$share"))
	if now != will && !beyond {
		c.t.Errorf("%q as %q %s %q: mosquitto with the translation says %v, and it should be %v", username, clientid, action, topic, now, will)
	}
}

// user puts the same questions to both brokers.
func (c *comparedFiles) user(username string) {
	c.t.Helper()
	clientid := c.w.pick("cid", "alice", "other")
	if username == "bound" {
		clientid = "cid"
	}
	connect := func(b *brokertest.Broker) *asker {
		c.t.Helper()
		a, err := connectAsker(b.Addr, username, "pw", clientid)
		if errors.Is(err, errRefused) {
			return nil
		}
		if err != nil {
			c.t.Fatalf("connecting as %q: %v", username, err)
		}
		c.t.Cleanup(func() { a.conn.Close() })
		return a
	}
	if old, now := connect(c.old), connect(c.now); old == nil || now == nil {
		if (old == nil) != (now == nil) || username != "ruled" {
			c.t.Errorf("%q logs in to the old broker: %v, to the new one: %v", username, old != nil, now != nil)
		}
		return
	}
	var topics, filters []string
	for range 30 {
		topics, filters = append(topics, c.w.topic()), append(filters, c.w.filter())
	}
	published := func(b *brokertest.Broker) []bool {
		a := connect(b)
		var answers []bool
		for _, topic := range topics {
			allowed, err := a.publish(topic)
			if err != nil {
				c.t.Fatalf("%q publishing to %q: %v", username, topic, err)
			}
			if answers = append(answers, allowed[0]); !allowed[0] {
				a.conn.Close() // 2.0.11 ends a session at the next publish after a denied one
				a = connect(b)
			}
		}
		return answers
	}
	old, now := published(c.old), published(c.now)
	for i, topic := range topics {
		c.compare(username, clientid, accessfile.Publish, topic, old[i], now[i])
	}
	filters = slices.DeleteFunc(filters, func(f string) bool { return sharedFilterProblem(f) != "" })
	old, now = c.granted(connect(c.old), filters), c.granted(connect(c.now), filters)
	for i, filter := range filters {
		c.compare(username, clientid, accessfile.Subscribe, filter, old[i], now[i])
	}
	topics = slices.DeleteFunc(topics, func(topic string) bool { return strings.HasPrefix(topic, "$") && !strings.HasPrefix(topic, "$x/") })
	was, is := c.received(c.old, connect(c.old), topics), c.received(c.now, connect(c.now), topics)
	for _, topic := range topics {
		c.compare(username, clientid, accessfile.Receive, topic, was[topic], is[topic])
	}
}

func (c *comparedFiles) granted(a *asker, filters []string) []bool {
	c.t.Helper()
	answers, err := a.subscribe(filters...)
	if err != nil {
		c.t.Fatalf("subscribing to %q: %v", filters, err)
	}
	return answers
}

// received is what is delivered when somebody else publishes. When the speaker has its answers, all messages are on their
// way, and the answer to one more subscription comes behind them.
func (c *comparedFiles) received(b *brokertest.Broker, a *asker, topics []string) map[string]bool {
	c.t.Helper()
	c.granted(a, []string{"#", "$x/#"})
	speaker, err := connectAsker(b.Addr, "speaker", "pw", "speaker")
	if err != nil {
		c.t.Fatalf("connecting the speaker: %v", err)
	}
	defer speaker.conn.Close()
	if allowed, err := speaker.publish(topics...); err != nil || slices.Contains(allowed, false) {
		c.t.Fatalf("speaking: %v, %v", allowed, err)
	}
	got, err := a.receiveUntilGranted("zzz")
	if err != nil {
		c.t.Fatalf("receiving: %v", err)
	}
	return got
}
