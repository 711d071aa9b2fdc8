package config

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// permissionEvents is that of the events of clients, of which refusals are some.
const permissionEvents = "clientlogs:read"

// Refusal is one of the broker's log: somebody who was not let in, or what a client was not allowed to do.
type Refusal struct {
	ID        int64      `json:"id" doc:"Of the event"`
	Time      time.Time  `json:"time" doc:"When it happened; where count is more than 1, the first of them"`
	Until     *time.Time `json:"until,omitempty" doc:"When the last one happened, where count is more than 1"`
	Event     string     `json:"event" enum:"auth_failure,denied" doc:"auth_failure: it was not let in"`
	ClientID  string     `json:"client_id,omitempty" doc:"Absent where the broker did not say"`
	Username  *string    `json:"username,omitempty" doc:"Absent where the broker did not say, as most do of who is not let in"`
	Address   string     `json:"address,omitempty" doc:"IP address"`
	Port      int        `json:"port,omitempty" doc:"The client's port"`
	Reason    string     `json:"reason,omitempty" doc:"In a word"`
	Topic     string     `json:"topic,omitempty" doc:"Of denied: the topic or topic filter"`
	Count     int        `json:"count" doc:"How many equal ones this one stands for"`
	Certainty string     `json:"certainty" enum:"certain,paired" doc:"paired: concluded from the order of the log's lines"`
	Line      string     `json:"line,omitempty" doc:"The broker's own"`
	This      bool       `json:"this" doc:"It is of the connection or the client id that was asked for, and not from before since"`
}

// last is when the last of equal ones happened.
func (r *Refusal) last() time.Time {
	if r.Until != nil {
		return *r.Until
	}
	return r.Time
}

// Whom is who was refused, as far as that is known. Empty parts are not asked for.
type Whom struct {
	ClientID string    `query:"client_id" maxLength:"65535" doc:"With this client id"`
	Username string    `query:"username" maxLength:"65535" doc:"With this username, where the broker says it"`
	Address  string    `query:"address" maxLength:"200" doc:"From this IP address"`
	Port     int       `query:"port" minimum:"0" maximum:"65535" doc:"From this port of it; for this alone"`
	Since    time.Time `query:"since" doc:"From then on a refusal of the client id, or of address and port, is marked as this"`
}

// logPrecision is how much earlier the broker's log may say that something happened: that of 2.0 knows whole seconds.
const logPrecision = time.Second

// Refusals are those among the broker's last ones that concern somebody, the newest first; everybody's where nothing is asked for.
func (s *Service) Refusals(ctx context.Context, whom Whom, most int) ([]Refusal, error) {
	found := []Refusal{}
	if s.o.Refusals == nil {
		return found, nil
	}
	all, err := s.o.Refusals(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if len(found) < most && whom.concerned(&r) {
			found = append(found, r)
		}
	}
	return found, nil
}

// concerned tells whether a refusal is about somebody, and marks the one that is looked for.
func (w Whom) concerned(r *Refusal) bool {
	client := w.ClientID != "" && r.ClientID == w.ClientID
	address := w.Address != "" && sameAddress(r.Address, w.Address)
	r.This = !w.Since.IsZero() && (client || address && w.Port != 0 && r.Port == w.Port) && !r.last().Before(w.Since.Add(-logPrecision))
	everybody := w.ClientID == "" && w.Username == "" && w.Address == ""
	return everybody || client || address || w.Username != "" && r.Username != nil && *r.Username == w.Username
}

// sameAddress compares addresses as the log and the system write them: websockets of 2.0 have ::ffff: before those of version 4.
func sameAddress(a, b string) bool {
	x, err := netip.ParseAddr(a)
	y, otherErr := netip.ParseAddr(b)
	if err != nil || otherErr != nil {
		return a == b
	}
	return x.Unmap() == y.Unmap()
}

func registerRefusals(api huma.API, s *Service) {
	op := operation("refusals", http.MethodGet, "/config/doctor/refusals", permissionEvents, "List who was refused last",
		"Those of the broker's last hundred refusals that concern a client id, a username or an address, the newest first; everybody's where none of these is given. "+
			"Brokers before 2.1 do not say who was refused: such a device is found by its address, or by the time.",
		http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	op.MaxBodyBytes = 0
	huma.Register(api, op, func(ctx context.Context, in *struct {
		Whom
		Limit int `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most"`
	}) (*plain[RefusalList], error) {
		found, err := s.Refusals(ctx, in.Whom, in.Limit)
		return &plain[RefusalList]{RefusalList{found}}, err
	})
}

// RefusalList is the answer of the route.
type RefusalList struct {
	Refusals []Refusal `json:"refusals" nullable:"false" doc:"The newest first"`
}
