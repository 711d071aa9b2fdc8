package app

import (
	"context"
	"strings"

	"github.com/bunkerm/bunkerm/audit"
	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/clientlogs"
)

// openAudit opens the record of who did what, before anything is done.
func (a *App) openAudit(ctx context.Context) error {
	log, err := audit.Open(ctx, audit.Options{
		Store: a.db, Logger: component(a.logger, "audit"), File: a.opts.AuditLog, Record: a.record,
	})
	if err != nil {
		return err
	}
	a.audit = log
	a.db.Keep(log.Kinds()...)
	a.runs("audit", log.Run)
	a.record(ctx, "bunkerm.start", "bunkerm", nil, map[string]string{"version": a.opts.Version})
	a.life.onStop("last entry of the audit", func(ctx context.Context) error {
		a.record(ctx, "bunkerm.stop", "bunkerm", nil, nil)
		return nil
	})
	return nil
}

// entryOf is an entry of who acts in ctx, from where.
func entryOf(ctx context.Context, action, object string) audit.Entry {
	who, from := auth.PrincipalFrom(ctx), auth.OriginFrom(ctx)
	e := audit.Entry{Actor: who.Name, Via: string(who.Via), Action: action, Object: object, RequestID: from.RequestID}
	if from.Address.IsValid() {
		e.Address = from.Address.String()
	}
	if e.Via == "" {
		e.Via = audit.ViaSystem
		if from.RequestID != "" {
			e.Via = string(auth.ViaSession) // somebody at the door whom nobody knows yet
		}
	}
	return e
}

// record keeps who changed what. Services are handed it; what they say was refused is counted together.
func (a *App) record(ctx context.Context, action, object string, before, after any) {
	e := entryOf(ctx, action, object)
	if strings.HasSuffix(action, "_refused") {
		a.audit.AddRefusal(e)
		return
	}
	a.audit.Add(context.WithoutCancel(ctx), e, before, after)
}

// refused keeps that somebody asked for what they may not.
func (a *App) refused(ctx context.Context, permission, method, path string) {
	a.audit.AddRefusal(entryOf(ctx, "permission."+permission, method+" "+path))
}

// foreign keeps what somebody else ordered of the dynamic security plugin, which only the broker's log tells.
func (a *App) foreign(e clientlogs.Event) {
	command, _, _ := strings.Cut(e.Topic, " | ")
	if strings.HasPrefix(command, "get") || strings.HasPrefix(command, "list") {
		return // that changes nothing
	}
	who := e.Username
	if who == "" {
		who = e.ClientID
	}
	a.audit.AddForeign(audit.Entry{Time: e.Time, Actor: who, Via: audit.ViaBroker, Address: e.Address, Action: "broker." + command, Object: e.Topic})
}
