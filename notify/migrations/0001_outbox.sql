-- One row is one message for one channel, until it is sent or given up. next is when it may be tried; held says that it
-- waits for the end of the channel's quiet hours instead. alert is 0 for what belongs to none.
CREATE TABLE notify_outbox (
	broker   INTEGER NOT NULL,
	id       INTEGER NOT NULL,
	channel  TEXT    NOT NULL,
	alert    INTEGER NOT NULL,
	severity INTEGER NOT NULL,
	held     INTEGER NOT NULL,
	created  INTEGER NOT NULL,
	next     INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	message  TEXT    NOT NULL,
	PRIMARY KEY (broker, id)
);

-- For the oldest message of each alert.
CREATE INDEX notify_outbox_alert ON notify_outbox (broker, channel, alert, id);

-- What became of the messages of a channel. Times are 0 where there is none.
CREATE TABLE notify_channels (
	broker          INTEGER NOT NULL,
	channel         TEXT    NOT NULL,
	sent            INTEGER NOT NULL,
	failed          INTEGER NOT NULL,
	dropped         INTEGER NOT NULL,
	last_error      TEXT    NOT NULL,
	last_error_at   INTEGER NOT NULL,
	last_success_at INTEGER NOT NULL,
	PRIMARY KEY (broker, channel)
);
