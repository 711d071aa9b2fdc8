package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/anomaly"
	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/clientlogs"
	"github.com/bunkerm/bunkerm/config"
	"github.com/bunkerm/bunkerm/store"
)

const (
	awayFor       = 15 * time.Second // that the broker may be away before that is an alert: a restart is none
	failingFor    = time.Minute      // the same for recording
	lowFloors     = 2                // times the floor at which recording stops that the disk has to have free
	certsEvery    = 10 * time.Minute
	bytesPerMiB   = 1 << 20
	hoursOfOneDay = 24 * time.Hour
)

// conditions is what BunkerM itself looks after, on or not: the fixed list of operational alerts.
func (a *App) conditions(context.Context) []anomaly.Condition {
	now := time.Now()
	return append([]anomaly.Condition{
		a.brokerAway(now), a.messagesDropped(), a.diskLow(), a.recordingStopped(now), a.observationBlind(now),
		a.takeovers.condition(now, a.session.Status()), a.backupFailed(now),
	}, a.certificates(now)...)
}

// brokerAway tells that our session cannot reach the broker.
func (a *App) brokerAway(now time.Time) anomaly.Condition {
	c := anomaly.Condition{Key: "broker_down", Kind: "broker_down", Severity: incident.Critical}
	status := a.session.Status()
	if status.State == broker.StateConnected || status.State == broker.StateClosed || now.Sub(status.Since) < awayFor {
		return c
	}
	c.Wrong, c.Since = true, status.Since
	c.Title = "The broker cannot be used"
	c.Text = sentence(status.Detail, "the broker cannot be reached", status.Hint)
	if status.State == broker.StateRefused {
		c.Title = "The broker does not let BunkerM in"
	}
	return c
}

// sentence puts what is the matter and what to do into sentences.
func sentence(detail, otherwise, hint string) string {
	if detail == "" {
		detail = otherwise
	}
	text := upper(detail) + "."
	if hint != "" {
		text += " " + upper(hint) + "."
	}
	return text
}

func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// messagesDropped tells that the broker throws messages away now.
func (a *App) messagesDropped() anomaly.Condition {
	c := anomaly.Condition{Key: "dropped_messages", Kind: "dropped_messages", Severity: incident.High}
	if rate := a.figure("publish.dropped_per_second"); rate > 0 {
		c.Wrong, c.Title = true, "The broker throws messages away"
		c.Text = fmt.Sprintf("About %s messages a second are dropped, because clients take them too slowly or are away with full queues. "+
			"Look which clients are behind, or raise max_queued_messages.", incident.Number(rate))
	}
	return c
}

// diskLow tells that recording will stop soon.
func (a *App) diskLow() anomaly.Condition {
	c := anomaly.Condition{Key: "disk_low", Kind: "disk_low", Severity: incident.High}
	status := a.db.Status()
	if status.FloorBytes > 0 && status.DiskBytes > 0 && status.FreeBytes < lowFloors*status.FloorBytes {
		c.Wrong, c.Title = true, "The disk is almost full"
		c.Text = fmt.Sprintf("%d MiB are free where BunkerM keeps its data; below %d MiB recording stops. Make room, or lower how much is kept.",
			status.FreeBytes/bytesPerMiB, status.FloorBytes/bytesPerMiB)
	}
	return c
}

// recordingStopped tells that what happens is not stored.
func (a *App) recordingStopped(now time.Time) anomaly.Condition {
	c := anomaly.Condition{Key: "recording_stopped", Kind: "recording_stopped", Severity: incident.High}
	stored, events := a.db.Status(), a.clientlogs.Status()
	switch {
	case stored.State != store.Recording && now.Sub(stored.Since) >= failingFor:
		c.Wrong, c.Since, c.Text = true, stored.Since, sentence(stored.Detail, "the database cannot be written", stored.Hint)
	case (events.State == clientlogs.StatePaused || events.State == clientlogs.StateFailing) && now.Sub(events.Since) >= failingFor:
		c.Wrong, c.Since, c.Text = true, events.Since, sentence(events.Detail, "the broker's log cannot be recorded", events.Hint)
	}
	c.Title = "Recording has stopped"
	return c
}

// observationBlind tells that messages are not seen, although the broker can be used.
func (a *App) observationBlind(now time.Time) anomaly.Condition {
	c := anomaly.Condition{Key: "observation_stopped", Kind: "observation_stopped", Severity: incident.High}
	status := a.observed.stream.Status()
	if a.session.Status().State == broker.StateConnected && status.State != broker.StateConnected && status.State != broker.StateClosed &&
		now.Sub(status.Since) >= failingFor {
		c.Wrong, c.Since, c.Title = true, status.Since, "BunkerM does not see messages"
		c.Text = sentence(status.Detail, "the observation is not connected", status.Hint)
	}
	return c
}

// certificateSteps are how long before its end a certificate is worth a word, and how loud.
func certificateSteps() []struct {
	left     time.Duration
	severity incident.Severity
} {
	return []struct {
		left     time.Duration
		severity incident.Severity
	}{{hoursOfOneDay, incident.Critical}, {7 * hoursOfOneDay, incident.High}, {21 * hoursOfOneDay, incident.Medium}}
}

// certificates tells which certificates expire soon, of the broker's listeners and of those that are kept here, and that one which
// has changed is not served. The listeners' files are read now and then.
func (a *App) certificates(now time.Time) []anomaly.Condition {
	a.ends.Lock()
	defer a.ends.Unlock()
	if now.Sub(a.ends.at) >= certsEvery {
		a.ends.all, a.ends.at = a.config.Certificates(), now
	}
	all := make([]anomaly.Condition, 0, len(a.ends.all)+1)
	for _, cert := range a.ends.all {
		all = append(all, certificateCondition(cert, now))
	}
	for _, e := range a.certs.Expiries() {
		if e.Name != "server" { // it is one of the listeners', or nobody uses it
			all = append(all, certificateCondition(config.Certificate{File: "of the " + e.Name, NotAfter: e.NotAfter}, now))
		}
	}
	held := anomaly.Condition{Key: "certificate held", Kind: "certificate", Severity: incident.High, Title: "A certificate that has changed is not served"}
	held.Text = a.certs.Held()
	held.Wrong = held.Text != ""
	return append(all, held)
}

func certificateCondition(cert config.Certificate, now time.Time) anomaly.Condition {
	c := anomaly.Condition{Key: "certificate " + cert.File, Kind: "certificate", Title: "The certificate " + cert.File + " expires soon"}
	left := cert.NotAfter.Sub(now)
	for _, step := range certificateSteps() {
		if left < step.left {
			c.Wrong, c.Severity = true, step.severity
			break
		}
	}
	todo := "Renew it: the broker is told as soon as the file changes."
	if strings.HasPrefix(cert.File, "of the ") {
		todo = "Make another one on the page Certificates."
	}
	c.Text = fmt.Sprintf("It is good until %s, %s from now. %s", cert.NotAfter.Format("15:04 on 2 January 2006 MST"), incident.Seconds(left.Seconds()), todo)
	if left <= 0 {
		c.Title = "The certificate " + cert.File + " has expired"
		c.Text = "It was good until " + cert.NotAfter.Format("15:04 on 2 January 2006 MST") + ", " + incident.Seconds(-left.Seconds()) + " ago. Clients refuse it."
	}
	return c
}
