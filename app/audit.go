package app

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/audit"
	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/clientlogs"
	"github.com/bunkerm/bunkerm/gateway"
)

// ownActs are what BunkerM does by itself. It begins before the audit can be written: files are put back before the broker
// starts, and a damaged database is set aside before there is another one.
type ownActs struct {
	mu    sync.Mutex
	log   *audit.Log
	early []audit.Entry // from before there was a log
}

// add keeps an act without waiting: whoever tells of it looks after the broker.
func (o *ownActs) add(action, object string, after any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := audit.Entry{Time: time.Now(), Via: audit.ViaSystem, Action: action, Object: object}
	if o.log == nil {
		o.early = append(o.early, e.With(nil, after))
		return
	}
	o.log.AddLater(e.With(nil, after))
}

func (o *ownActs) begin(log *audit.Log) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log = log
	for _, e := range o.early {
		log.AddLater(e)
	}
	o.early = nil
}

// noticeOf is notice for what BunkerM does by itself, which the audit keeps too.
func (a *App) noticeOf(action, object string) func(sentence string) {
	return func(sentence string) {
		a.notice(sentence)
		a.acts.add(action, object, map[string]string{"told": sentence})
	}
}

// openAudit opens the record of who did what, before anybody can do anything.
func (a *App) openAudit(ctx context.Context) error {
	log, err := audit.Open(audit.Options{
		Store: a.db, Logger: component(a.logger, "audit"), File: a.opts.AuditLog, Record: a.record,
	})
	if err != nil {
		return err
	}
	a.audit = log
	a.db.Keep(log.Kinds()...)
	a.runs("audit", log.Run)
	a.record(ctx, "bunkerm.start", "bunkerm", nil, map[string]string{"version": a.opts.Version})
	a.acts.begin(log)
	a.life.onStop("last entry of the audit", func(ctx context.Context) error {
		a.record(ctx, "bunkerm.stop", "bunkerm", nil, nil)
		return nil
	})
	return nil
}

// auditPart tells whether what people do is being recorded. Nothing else waits for it.
func (a *App) auditPart() gateway.Part {
	status := a.audit.Status()
	part := gateway.Part{Name: "audit", State: "recording", Detail: status.Detail, Hint: status.Hint, Ready: true}
	if !status.Writing {
		part.State = "failing"
	}
	return part
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
	a.audit.Add(context.WithoutCancel(ctx), e.With(before, after))
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
	a.audit.AddLater(audit.Entry{
		Time: e.Time, Actor: who, Via: audit.ViaBroker, Address: e.Address, Action: "broker." + command, Object: e.Topic,
	})
}
