package monitor

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/query"
)

// Session is one connection of a client to the broker, as the broker's log tells of it.
type Session struct {
	ClientID         string
	Username         string // empty without HasUser: the client named no user
	HasUser          bool
	Address          string // empty where the log does not say
	Port             int
	Protocol         string // 3.1, 3.1.1, 5.0
	CleanStart       bool
	KeepaliveSeconds int
	Bridge           bool
	ConnectedAt      time.Time
	ListenerPort     int    // 0 where unknown
	TLS              string // as in "TLSv1.3 cipher …"; empty where unknown or none
	Subscriptions    int    // -1 where unknown
	Own              bool   // one of BunkerM's
	Unsure           bool   // it may have ended
}

// SessionChange is a session that began or ended.
type SessionChange struct {
	Began   bool
	Session Session
	At      time.Time
}

// ConnectedClient is a session in an answer.
type ConnectedClient struct {
	ClientID         string    `json:"clientid" doc:"Client id"`
	Username         *string   `json:"username" doc:"Username, null when the client named none"`
	Address          *string   `json:"address" doc:"Address it connected from, null where the broker does not tell"`
	Port             *int      `json:"port" doc:"Port it connected from"`
	Protocol         string    `json:"protocol" doc:"MQTT version: 3.1, 3.1.1 or 5.0"`
	CleanStart       bool      `json:"clean_start" doc:"Whether it began without what was kept of an earlier session"`
	KeepaliveSeconds int       `json:"keepalive_seconds" doc:"How long it may be silent, 0 for ever"`
	ConnectedAt      time.Time `json:"connected_at" doc:"Since when it has been connected"`
	Subscriptions    *int      `json:"subscriptions" doc:"How many topic filters it has subscribed to, null where that is not known: a session that is older than the log may have brought some"`
	Listener         *int      `json:"listener" doc:"Port of the listener, null where the broker does not tell"`
	TLS              *string   `json:"tls" doc:"TLS version and cipher, null where unknown or without TLS"`
	Bridge           bool      `json:"bridge" doc:"Whether it is a bridge from another broker"`
	Own              bool      `json:"own" doc:"Whether it is one of BunkerM's own; those come last and are not in total"`
	Unsure           bool      `json:"unsure" doc:"Whether it may have ended: lines of the log were lost since it began, or the broker counts another number of connections of its user"`
}

// SessionQuery selects and pages sessions.
type SessionQuery struct {
	Q        string // in client id, username or address, without regard to case
	Username string // exactly this one; empty for all
	Limit    int
	Cursor   string // next_cursor of the page before; empty for the first page
}

// SessionPage is a part of the sessions.
type SessionPage struct {
	Clients    []ConnectedClient `json:"clients" nullable:"false" doc:"Sessions in the order of client id and begin; several sessions of one user are several rows"`
	Total      *int              `json:"total" doc:"How many match, BunkerM's own left out; null while the sessions are not known"`
	NextCursor string            `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last one"`
	Known      bool              `json:"known" doc:"Whether the sessions are known; false until the broker's log has been read"`
	Hint       string            `json:"hint,omitempty" doc:"What to do while the sessions are not known"`
	CheckedAt  *time.Time        `json:"checked_at" doc:"When the sessions were last compared with the connections that the broker itself counts (mosquitto 2.1); null when they never were"`
}

// place is where a session stands in the order: ours are last, then client id, begin and port. Two sessions with one
// client id are there only for the moment of a takeover.
type place struct {
	own      bool
	clientID string
	began    int64 // nanoseconds since 1970
	port     int
}

func placeOf(s *Session) place {
	return place{s.Own, s.ClientID, s.ConnectedAt.UnixNano(), s.Port}
}

func (p place) compare(other place) int {
	if p.own != other.own {
		if p.own {
			return 1
		}
		return -1
	}
	return cmp.Or(strings.Compare(p.clientID, other.clientID), cmp.Compare(p.began, other.began), cmp.Compare(p.port, other.port))
}

// cursor is the place as text. The client id comes last because it may hold anything.
func (p place) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%t %d %d %s", p.own, p.began, p.port, p.clientID))
}

func placeFrom(cursor string) (place, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.SplitN(string(text), " ", 4)
	if err != nil || len(parts) != 4 {
		return place{}, errCursor()
	}
	own, errOwn := strconv.ParseBool(parts[0])
	began, errBegan := strconv.ParseInt(parts[1], 10, 64)
	port, errPort := strconv.Atoi(parts[2])
	if errors.Join(errOwn, errBegan, errPort) != nil {
		return place{}, errCursor()
	}
	return place{own, parts[3], began, port}, nil
}

func errCursor() error { return notAcceptable("query.cursor", "is not a cursor of this list") }

// Sessions returns a page of the clients that are connected. A page is a moment's truth; the place where the next one
// begins stays the same while sessions come and go. The error is a fault about the cursor.
func (s *Service) Sessions(q SessionQuery) (SessionPage, error) {
	page := SessionPage{Clients: []ConnectedClient{}, CheckedAt: s.check.at()}
	var after place
	if q.Cursor != "" {
		var err error
		if after, err = placeFrom(q.Cursor); err != nil {
			return page, err
		}
	}
	sessions, known := s.o.Sessions()
	if !known {
		page.Hint = "the broker's log has not been read yet, or cannot be read; /readyz says which"
		return page, nil
	}
	chosen, total := choose(sessions, q, after)
	page.Known, page.Total = true, &total
	if len(chosen) > q.Limit {
		chosen = chosen[:q.Limit]
		page.NextCursor = placeOf(chosen[q.Limit-1]).cursor()
	}
	for _, session := range chosen {
		page.Clients = append(page.Clients, s.row(session))
	}
	return page, nil
}

// choose returns the sessions of a page, and one more where there are more, and how many match. The sessions are not
// sorted as a whole: a page of 10,000 needs only its own.
func choose(sessions []Session, q SessionQuery, after place) (chosen []*Session, total int) {
	find := query.NewFinder(q.Q)
	inOrder := func(a, b *Session) int { return placeOf(a).compare(placeOf(b)) }
	most := q.Limit + 1
	var last place // of the chosen, once there were more than enough of them
	full := false
	for i := range sessions {
		session := &sessions[i]
		if q.Username != "" && q.Username != session.Username {
			continue
		}
		if q.Q != "" && !find.In(session.ClientID) && !find.In(session.Username) && !find.In(session.Address) {
			continue
		}
		if !session.Own {
			total++
		}
		at := placeOf(session)
		if q.Cursor != "" && at.compare(after) <= 0 || full && at.compare(last) >= 0 {
			continue
		}
		chosen = append(chosen, session)
		if len(chosen) >= 4*most {
			slices.SortFunc(chosen, inOrder)
			chosen = chosen[:most]
			last, full = placeOf(chosen[most-1]), true
		}
	}
	slices.SortFunc(chosen, inOrder)
	return chosen[:min(len(chosen), most)], total
}

// row is a session as answers show it.
func (s *Service) row(session *Session) ConnectedClient {
	row := ConnectedClient{
		ClientID: strings.ToValidUTF8(session.ClientID, "\uFFFD"), Protocol: session.Protocol,
		CleanStart: session.CleanStart, KeepaliveSeconds: session.KeepaliveSeconds,
		ConnectedAt: instant(session.ConnectedAt), Bridge: session.Bridge, Own: session.Own,
		Unsure: session.Unsure || s.check.doubts(session.Username),
	}
	if session.HasUser {
		username := strings.ToValidUTF8(session.Username, "\uFFFD")
		row.Username = &username
	}
	if session.Address != "" {
		row.Address, row.Port = &session.Address, &session.Port
	}
	if session.Subscriptions >= 0 {
		row.Subscriptions = &session.Subscriptions
	}
	if session.ListenerPort > 0 {
		row.Listener = &session.ListenerPort
	}
	if session.TLS != "" {
		row.TLS = &session.TLS
	}
	return row
}
