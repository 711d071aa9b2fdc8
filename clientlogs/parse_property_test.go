package clientlogs

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// hostile are pieces of which names are made: what stands in lines of the broker, and what separates it.
var hostile = strings.Split(`a|dev-1| |  |'|"|(|)|[|]|.|:|,|/|-|é|`+"\xe9"+`| disconnected.| (p2, c1, k60)| (p2, c1, k60, u'root').|', ... (4 bytes))|`+
	` (d0, q1, r0, m2, '|New client connected from 1.2.3.4:5 as |Client | [::1:5000] disconnected: session taken over.| as | 0 | 1 |`+
	`mosquitto version 2.0.11 terminating| negotiated TLSv1.3 cipher X| closed its connection.|dynsec: |u'|').| (QoS 1)| (denied)|`+
	`<unknown>|Received SUBSCRIBE from |been disconnected by administrative action.| already connected, closing old connection.`, "|")

func name(rnd *rand.Rand) []byte {
	var b strings.Builder
	for range 1 + rnd.IntN(5) {
		b.WriteString(hostile[rnd.IntN(len(hostile))])
	}
	return []byte(b.String())
}

// generate makes a record as a line of the dialect could tell it.
func generate(rnd *rand.Rand, d dialect) Record {
	addresses := []string{"127.0.0.1", "::1", "2001:db8::17", "/run/mosquitto/m.sock", "fe80::1%eth0"}
	r := Record{ClientID: name(rnd)}
	withAddress := func() {
		r.Address = []byte(addresses[rnd.IntN(len(addresses))])
		r.Port = rnd.IntN(65536)
	}
	flip := func() bool { return rnd.IntN(2) == 0 }
	kinds := []RecordKind{NewConnection, ClientConnected, ClientLeft, TakenOver, ConnackSent, SessionExpired, MessagesDropped,
		Subscribing, Unsubscribing, WillSpecified, ContinuationLine, Subscribed, Unsubscribed, PublishReceived, PublishSent,
		PublishDenied, ControlCommand}
	if d == dialect21 {
		kinds = append(kinds, TLSNegotiated)
	}
	switch r.Kind = kinds[rnd.IntN(len(kinds))]; r.Kind {
	case NewConnection:
		r.ClientID = nil
		withAddress()
		r.ListenerPort = rnd.IntN(65536)
	case ClientConnected:
		withAddress()
		r.Protocol, r.CleanStart, r.Keepalive, r.Bridge = uint8(3+rnd.IntN(3)), flip(), rnd.IntN(65536), flip()
		if r.HasUser = flip(); r.HasUser {
			r.Username = []byte("o'neil')")
		}
	case ClientLeft:
		generateLeft(rnd, d, &r, withAddress)
	case TakenOver:
		if d == dialect21 {
			withAddress()
		}
	case ConnackSent:
		r.SessionPresent, r.Code = flip(), rnd.IntN(256)
	case WillSpecified:
		r.ClientID, r.Size, r.Retain, r.QoS = nil, rnd.Int64N(1e6), flip(), uint8(rnd.IntN(3))
	case ContinuationLine:
		r.ClientID, r.Topic = nil, name(rnd)
		if r.HasQoS = flip(); r.HasQoS {
			r.QoS = uint8(rnd.IntN(3))
		} else {
			r.DeniedFilter = true
		}
	case Subscribed:
		r.GrantedQoS, r.Topic = uint8(rnd.IntN(3)), name(rnd)
	case Unsubscribed:
		r.Topic = name(rnd)
	case PublishReceived, PublishSent, PublishDenied:
		r.Dup, r.QoS, r.Retain, r.MessageID = flip(), uint8(rnd.IntN(3)), flip(), rnd.IntN(65536)
		r.Topic, r.Size = name(rnd), rnd.Int64N(1e9)
		if r.Kind == PublishDenied {
			r.Reason = []Reason{DeniedPublish, DeniedTooLarge, DeniedReceive}[rnd.IntN(3)]
			if r.ToClient = r.Reason == DeniedReceive; r.ToClient {
				r.Dup, r.MessageID = false, 0
			}
		}
	case ControlCommand:
		r.Username, r.HasUser = []byte("admin"), true
		r.Command, r.Text = []byte("createClient"), append([]byte("username="), name(rnd)...)
	case TLSNegotiated:
		r.Text = []byte("TLSv1.3 cipher TLS_AES_256_GCM_SHA384")
	}
	return r
}

func generateLeft(rnd *rand.Rand, d dialect, r *Record, withAddress func()) {
	if d == dialect20 {
		all := leavings20()
		l := all[rnd.IntN(len(all))]
		r.Reason, r.Text = l.reason, []byte(l.words[1:])
		if rnd.IntN(5) == 0 {
			r.Reason, r.Text = ConnectionLost, []byte("disconnected: Connection reset by peer.")
		}
		r.Unknown = string(r.ClientID) == "<unknown>"
		return
	}
	withAddress()
	r.Text = []byte([]string{"", "exceeded timeout", "not authorised", "bad socket read/write: Connection reset by peer",
		"used disallowed feature (QoS too high, retain not supported, or bad AUTH method)", "Broken pipe"}[rnd.IntN(6)])
	if r.Reason = ClientDisconnected; len(r.Text) > 0 {
		r.Reason = reason21(r.Text)
	}
}

// parserFor knows the dialect and that the record's client is connected, as a Tracker's parser does.
func parserFor(r Record, d dialect) *Parser {
	return &Parser{dialect: d, Known: func(id []byte) bool { return string(id) == string(r.ClientID) }}
}

func TestParseReversesFormat(t *testing.T) {
	for _, d := range []dialect{dialect20, dialect21} {
		for seed := range uint64(5_000) {
			checkReversed(t, seed, d)
		}
	}
}

func checkReversed(t *testing.T, seed uint64, d dialect) {
	t.Helper()
	r := generate(rand.New(rand.NewPCG(seed, uint64(d))), d)
	var level byte
	var line string
	line, r.Level = format(r, d)
	if r.Kind == Subscribed || r.Kind == Unsubscribed {
		level = r.Level // without a level the ones that look like other lines are those, see TestForgedLines
	}
	var got Record
	parserFor(r, d).Parse([]byte(line), level, &got)
	if diff := cmp.Diff(r, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("seed %d, dialect %d, line %q (want, got):\n%s", seed, d, line, diff)
	}
}

// FuzzFormat does the same with seeds that the fuzzer chooses.
func FuzzFormat(f *testing.F) {
	f.Add(uint64(1), true)
	f.Add(uint64(2), false)
	f.Fuzz(func(t *testing.T, seed uint64, old bool) {
		d := dialect21
		if old {
			d = dialect20
		}
		checkReversed(t, seed, d)
	})
}
