package app

import (
	"context"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/gateway"
	"github.com/bunkerm/bunkerm/store"
)

// parts names what /readyz reports. The broker is needed once to become ready; later its absence is told, and
// does not make a load balancer take the page away that could explain it.
func (a *App) parts(context.Context) []gateway.Part {
	var parts []gateway.Part
	if a.managed != nil {
		parts = append(parts, processPart(a.managed.Status()))
	}
	parts = append(parts, a.sessionPart(), a.dynsecPart(), a.databasePart(), a.observationPart(), a.recordingPart(), a.auditPart())
	if a.managed != nil {
		parts = append(parts, a.listenersPart())
	}
	return parts
}

// databasePart tells how storing goes. When it does not, everything that is not stored still answers.
func (a *App) databasePart() gateway.Part {
	status := a.db.Status()
	part := gateway.Part{
		Name: "database", State: string(status.State), Detail: status.Detail, Hint: status.Hint,
		Ready: status.State != store.Failing, Once: true,
	}
	if part.Detail == "" {
		part.Detail = status.Notice
	}
	return part
}

// observationPart tells how well the broker can be seen. Nothing else waits for it.
func (a *App) observationPart() gateway.Part {
	status := a.observed.stream.Status()
	return gateway.Part{Name: "observation", State: string(status.State), Detail: status.Detail, Hint: status.Hint, Ready: true}
}

// recordingPart tells whether what clients do is being recorded.
func (a *App) recordingPart() gateway.Part {
	status := a.clientlogs.Status()
	return gateway.Part{Name: "clientlogs", State: string(status.State), Detail: status.Detail, Hint: status.Hint, Ready: true}
}

func processPart(kept keeper.Status) gateway.Part {
	part := gateway.Part{Name: "broker", State: string(kept.State), Ready: kept.State == keeper.Running, Once: true}
	if !part.Ready {
		part.Hint = "the broker's own words are in log/broker.log in the data directory"
	}
	if kept.Config == keeper.ConfigProven {
		part.Detail = "it runs with the last configuration that worked, because the files on disk have been changed since"
	}
	return part
}

func (a *App) sessionPart() gateway.Part {
	session := a.session.Status()
	return gateway.Part{
		Name: "broker_session", State: string(session.State), Detail: session.Detail, Hint: session.Hint,
		Ready: session.State == broker.StateConnected, Once: true,
	}
}

func (a *App) dynsecPart() gateway.Part {
	status := a.dynsec.Status()
	part := gateway.Part{
		Name: "dynsec", State: "ready", Detail: status.Detail, Hint: status.Hint, Ready: status.Ready, Once: true,
	}
	if !part.Ready {
		part.State = "not ready"
	}
	return part
}
