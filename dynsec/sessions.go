package dynsec

import (
	"context"
	"crypto/rand"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// EndSessions ends the sessions of a username and changes nothing else. Other than Disconnect it does so where there is no client
// of this name too: who has come by a certificate needs none.
//
// The broker ends sessions of clients alone (2.0.11 and 2.1.2). So for a moment there is one: without a password, so that nobody logs
// in by it, and without roles. The message that makes it has nothing that harms a client which somebody else has made at the same
// moment; what is deleted afterwards is ours for sure, because the broker has said that it made it, or by its description.
func (s *Service) EndSessions(ctx context.Context, username string) error {
	end := s.clientWrite("client.disconnect", username, func(st *State) ([]step, error) {
		if st.HasClient(username) {
			current, err := s.changeable(ctx, st, username, "")
			if err != nil {
				return nil, err
			}
			return []step{s.kickStep(current)}, nil
		}
		var p problems
		p.mqttString("username", username)
		if err := p.err(); err != nil {
			return nil, err
		}
		return []step{s.lendStep(username), s.deleteStep(username)}, s.own.refuseClient(username)
	})
	_, err := s.write(ctx, end)
	if fault.Is(err, fault.Refused) { // somebody else has made, or deleted, a client of this name meanwhile
		_, err = s.write(ctx, end)
	}
	return err
}

// lendStep makes a client for a username that has none, and ends the sessions of that username.
func (s *Service) lendStep(username string) step {
	lent := &Client{Username: username, Textdescription: "made to end sessions; may be deleted (" + rand.Text() + ")"}
	lend := s.clientStep(lent,
		broker.Command{"command": "createClient", "username": username, "textdescription": lent.Textdescription},
		broker.Command{"command": "modifyClient", "username": username})
	lend.undo = []broker.Command{{"command": "deleteClient", "username": username}}
	return lend
}
