package app

import (
	"context"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/clientlogs"
	"github.com/bunkerm/bunkerm/monitor"
)

// openBrokerLog makes the view of the broker's own words. Where they come over MQTT and lie in no file, the view keeps
// the newest of what clientlogs reads.
func (a *App) openBrokerLog() {
	o := monitor.LogOptions{Level: levelOf, Streams: &a.streams, Logger: component(a.logger, "monitor")}
	if files := a.observed.files; files != nil {
		o.Files = files
	}
	a.brokerLog = monitor.NewLog(o)
	if o.Files == nil {
		a.observed.log = sharedLog{a.observed.log, a.brokerLog.Add}
	}
	if a.managed == nil && a.opts.BrokerConf != "" {
		a.observed.log = sharedLog{a.observed.log, func(b broker.LogBatch) { a.host.Hear(b) }}
	}
}

// levelOf concludes the type of a line that the broker's standard error does not name.
func levelOf(text []byte, known byte) byte {
	var parser clientlogs.Parser
	var record clientlogs.Record
	parser.Parse(text, known, &record)
	return record.Level
}

// sharedLog shows what is read to somebody else as well.
type sharedLog struct {
	broker.LogSource
	show func(broker.LogBatch)
}

// Follow implements broker.LogSource.
func (l sharedLog) Follow(ctx context.Context, from string, take func(broker.LogBatch) error) error {
	return l.LogSource.Follow(ctx, from, func(b broker.LogBatch) error {
		l.show(b)
		return take(b)
	})
}
