package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/clientlogs"
	"github.com/bunkerm/bunkerm/monitor"
)

// Who is connected is known from the log, which clientlogs reads. The other services get it from here.

// monitorSessions are the open sessions as monitor wants them.
func (a *App) monitorSessions() ([]monitor.Session, bool) {
	open, known := a.clientlogs.Sessions()
	sessions := make([]monitor.Session, len(open))
	for i := range open {
		sessions[i] = monitor.Session(open[i])
	}
	return sessions, known
}

// sessionChanges are the sessions that began or ended after a position.
func (a *App) sessionChanges(after int64, n int) (changes []monitor.SessionChange, next int64, changed <-chan struct{}) {
	events, next, changed := a.clientlogs.SessionEvents(after, n)
	for _, e := range events {
		changes = append(changes, monitor.SessionChange{
			Began: e.Kind == clientlogs.Connect, At: e.Time,
			Session: monitor.Session{
				ClientID: e.ClientID, Username: e.Username, HasUser: e.HasUser, Address: e.Address, Port: e.Port,
				Protocol: e.Protocol, CleanStart: e.CleanStart, KeepaliveSeconds: e.KeepaliveSeconds, Bridge: e.Bridge,
				ConnectedAt: e.Time, Subscriptions: -1, Own: e.Own,
			},
		})
	}
	return changes, next, changed
}

// userSessions counts the sessions of each user. A page of clients asks for fifty of them in a row, so the counts are
// kept for a moment.
type userSessions struct {
	sessions func() ([]clientlogs.Session, bool)
	clock    func() time.Time

	mu     sync.Mutex
	counts map[string]int
	known  bool
	at     time.Time
}

// countsKept is how long counts are good for. Whoever has just disconnected somebody looks again sooner than that takes.
const countsKept = 100 * time.Millisecond

// of counts the sessions of one user.
func (u *userSessions) of(username string) (n int, known bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now := u.clock(); now.Sub(u.at) > countsKept || now.Before(u.at) {
		open, known := u.sessions()
		u.counts, u.known, u.at = make(map[string]int, len(u.counts)), known, now
		for i := range open {
			if open[i].HasUser {
				u.counts[open[i].Username]++
			}
		}
	}
	return u.counts[username], u.known
}

// brokerConnections counts the connections of each user as mosquitto 2.1 does; ok is false with 2.0, which does not.
func (a *App) brokerConnections(ctx context.Context) (connections map[string]int, ok bool) {
	if version := a.session.Status().Version; version == "" || strings.HasPrefix(version, "2.0.") || strings.HasPrefix(version, "1.") {
		return nil, false
	}
	answers, err := a.session.Do(ctx, broker.Command{"command": "listClients", "verbose": true})
	if err != nil || answers[0].Error != "" {
		return nil, false
	}
	connections, err = countConnections(answers[0].Data)
	if err != nil {
		a.logger.Warn("the plugin's list of clients cannot be read", "component", "app", "error", err)
	}
	return connections, err == nil
}

func countConnections(data json.RawMessage) (map[string]int, error) {
	var list struct {
		Clients []struct {
			Username    string            `json:"username"`
			Connections []json.RawMessage `json:"connections"`
		} `json:"clients"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("reading listClients: %w", err)
	}
	counts := make(map[string]int, len(list.Clients))
	for _, c := range list.Clients {
		counts[c.Username] = len(c.Connections)
	}
	return counts, nil
}
