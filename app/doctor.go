package app

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/broker/doctor"
	"github.com/bunkerm/bunkerm/clientlogs"
)

// DoctorOptions are how Doctor connects.
type DoctorOptions = doctor.Options

// Diagnosis is what Doctor says.
type Diagnosis = doctor.Diagnosis

// Doctor connects to a broker as a device would and says at which step it fails.
func Doctor(ctx context.Context, o DoctorOptions) Diagnosis { return doctor.Examine(ctx, o) }

// Refusal is what the log of the broker says of somebody whom it has refused.
type Refusal struct {
	Time     time.Time `json:"time"`
	ClientID string    `json:"client_id,omitempty"`
	Username string    `json:"username,omitempty"`
	Address  string    `json:"address,omitempty"`
	Reason   string    `json:"reason,omitempty"` // in a word
	Line     string    `json:"line,omitempty"`   // the broker's own
	This     bool      `json:"this"`             // it is that of the examination, and none from before
}

// How long the broker's log may take to reach BunkerM, how often it is looked for, and how many refusals are looked through.
const (
	toldWithin  = 3 * time.Second
	toldEvery   = 200 * time.Millisecond
	lookThrough = 100
)

// LastRefusal asks the BunkerM that runs on a data directory of this host. It returns the newest refusal of whoever was
// examined: from the time of begun on, of the same connection or client id; else one from before, of the same address or
// username. False where there is none, or no BunkerM runs there.
func (l *Local) LastRefusal(ctx context.Context, r *Diagnosis, username string, begun time.Time) (Refusal, bool, error) {
	host, port := "", 0
	if h, p, err := net.SplitHostPort(r.From); err == nil {
		host = h
		port, _ = strconv.Atoi(p)
	}
	if _, err := os.Stat(socketFile(l.dataDir)); errors.Is(err, fs.ErrNotExist) {
		return Refusal{}, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	for {
		events, err := l.refusals(ctx)
		if err != nil {
			return Refusal{}, false, err
		}
		var before *clientlogs.EventAnswer
		for i := range events {
			e := &events[i]
			same := e.Client == r.ClientID || host != "" && e.Address == host && e.Port == port
			if same && !lastOf(e).Before(begun.Add(-time.Second)) { // the log of 2.0 knows whole seconds
				return refusalOf(e, true), true, nil
			}
			of := e.User != nil && *e.User == username && username != "" || host != "" && e.Address == host
			if before == nil && of {
				before = e
			}
		}
		select {
		case <-time.After(toldEvery):
			continue
		case <-ctx.Done():
		}
		if before == nil {
			return Refusal{}, false, nil
		}
		return refusalOf(before, false), true, nil
	}
}

// refusals are the newest, the newest first.
func (l *Local) refusals(ctx context.Context) ([]clientlogs.EventAnswer, error) {
	var page clientlogs.PageAnswer
	query := url.Values{"event": {"auth_failure,denied"}, "limit": {strconv.Itoa(lookThrough)}}
	err := l.ask(ctx, http.MethodGet, "/clientlogs?"+query.Encode(), nil, &page)
	return page.Events, err
}

// lastOf is when the last of equal events happened.
func lastOf(e *clientlogs.EventAnswer) time.Time {
	if e.Until != nil {
		return *e.Until
	}
	return e.Time
}

func refusalOf(e *clientlogs.EventAnswer, this bool) Refusal {
	r := Refusal{Time: lastOf(e), ClientID: e.Client, Address: e.Address, Reason: e.Reason, Line: e.Raw, This: this}
	if e.User != nil {
		r.Username = *e.User
	}
	return r
}
