package app

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/broker/doctor"
	"github.com/bunkerm/bunkerm/clientlogs"
	"github.com/bunkerm/bunkerm/config"
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
	if _, err := os.Stat(socketFile(l.dataDir)); errors.Is(err, fs.ErrNotExist) {
		return Refusal{}, false, nil
	}
	query := url.Values{"client_id": {r.ClientID}, "username": {username}, "since": {begun.Format(time.RFC3339Nano)}}
	if host, port, err := net.SplitHostPort(r.From); err == nil {
		query.Set("address", host)
		query.Set("port", port)
	}
	ctx, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	var found []config.Refusal
	for {
		var answer config.RefusalList
		err := l.ask(ctx, http.MethodGet, "/config/doctor/refusals?"+query.Encode(), nil, &answer)
		if err != nil && ctx.Err() == nil {
			return Refusal{}, false, err
		}
		if err == nil {
			found = answer.Refusals
		}
		if i := slices.IndexFunc(found, func(f config.Refusal) bool { return f.This }); i >= 0 {
			return refusalOf(found[i]), true, nil
		}
		select {
		case <-time.After(toldEvery):
			continue
		case <-ctx.Done():
		}
		if len(found) == 0 {
			return Refusal{}, false, nil
		}
		return refusalOf(found[0]), true, nil
	}
}

func refusalOf(f config.Refusal) Refusal {
	r := Refusal{Time: f.Time, ClientID: f.ClientID, Address: f.Address, Reason: f.Reason, Line: f.Line, This: f.This}
	if f.Until != nil {
		r.Time = *f.Until
	}
	if f.Username != nil {
		r.Username = *f.Username
	}
	return r
}

// lastRefusals are those of the broker's log, the newest first.
func (a *App) lastRefusals(ctx context.Context) ([]config.Refusal, error) {
	page, err := a.clientlogs.List(ctx, clientlogs.Filter{Kinds: 1<<clientlogs.AuthFailure | 1<<clientlogs.Denied}, "", lookThrough)
	found := make([]config.Refusal, len(page.Events))
	for i := range page.Events {
		e := &page.Events[i]
		r := config.Refusal{
			ID: e.ID, Time: e.Time, Event: e.Kind.String(), ClientID: e.ClientID, Address: e.Address, Port: e.Port,
			Reason: string(e.Reason), Topic: e.Topic, Count: e.Count, Certainty: "certain", Line: e.Raw,
		}
		if !e.Until.IsZero() {
			r.Until = &e.Until
		}
		if e.HasUser || e.Username != "" {
			r.Username = &e.Username
		}
		if e.Certainty == clientlogs.Paired {
			r.Certainty = "paired"
		}
		found[i] = r
	}
	return found, err
}
