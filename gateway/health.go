package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Part is how one part of the program is. All of it is shown to everybody.
type Part struct {
	Name   string `json:"name"`             // broker, session, dynsec
	State  string `json:"state"`            // one word: running, connected, no_plugin
	Detail string `json:"detail,omitempty"` // a sentence on what is the matter
	Hint   string `json:"hint,omitempty"`   // what the operator can do
	Ready  bool   `json:"ready"`

	// Once says that the part is needed only until it was ready for the first time: BunkerM still answers, and
	// must not be restarted by an orchestrator, while the broker is away. With ?broker=1 it counts always.
	Once bool `json:"-"`
}

// readyTime bounds how long the parts may take to say how they are.
const readyTime = 2 * time.Second

// readiness is the answer of /readyz.
type readiness struct {
	Ready   bool   `json:"ready"`
	Version string `json:"version"`
	Parts   []Part `json:"parts"`
}

// parts asks how everything is. strict counts parts that were ready before, too.
func (g *Gateway) parts(ctx context.Context, strict bool) readiness {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	answer := readiness{Ready: true, Version: g.o.Version, Parts: g.o.Ready(ctx)}
	if answer.Parts == nil {
		answer.Parts = []Part{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, part := range answer.Parts {
		if part.Ready && part.Once {
			g.onceReady[part.Name] = true
		}
		excused := part.Once && g.onceReady[part.Name] && !strict
		if !part.Ready && !excused {
			answer.Ready = false
		}
	}
	return answer
}

// healthz says that the process answers, and nothing of what it depends on.
func (g *Gateway) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = writeJSON(w, struct {
		Alive bool `json:"alive"`
	}{true})
}

// readyz says whether BunkerM can be used, part by part.
func (g *Gateway) readyz(w http.ResponseWriter, r *http.Request) {
	if keyInQuery(r) {
		g.challenge(w, r, errKeyInQuery)
		return
	}
	strict := r.URL.Query().Get("broker")
	if strict != "" && strict != "0" && strict != "1" {
		g.refuse(w, r, errNotAcceptable.At("query.broker", "is 1 or left out"))
		return
	}
	answer := g.parts(r.Context(), strict == "1")
	w.Header().Set("Content-Type", "application/json")
	if !answer.Ready {
		f := fault.New(fault.Unavailable, "not ready")
		w.Header().Set("Retry-After", retryAfter(f))
		w.WriteHeader(f.GetStatus())
	}
	_ = writeJSON(w, answer)
}
