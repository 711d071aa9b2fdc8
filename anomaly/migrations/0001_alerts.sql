-- Incidents, as people hear of them. What is searched has a column; the rest of an incident is JSON in detail.
CREATE TABLE anomaly_alerts (
	broker    INTEGER NOT NULL REFERENCES brokers (id),
	id        INTEGER NOT NULL,
	status    TEXT    NOT NULL, -- open, acknowledged, closed
	severity  INTEGER NOT NULL, -- 1 low to 4 critical
	kind      TEXT    NOT NULL,
	type      TEXT    NOT NULL, -- topic, client, broker
	entity    TEXT    NOT NULL, -- of the first member
	opened_at INTEGER NOT NULL, -- epoch milliseconds
	last_seen INTEGER NOT NULL,
	closed_at INTEGER NOT NULL, -- 0: it is not
	detail    TEXT    NOT NULL,
	PRIMARY KEY (broker, id)
);
CREATE INDEX anomaly_alerts_status ON anomaly_alerts (broker, status, id);
CREATE INDEX anomaly_alerts_time ON anomaly_alerts (broker, last_seen);

-- The things that an incident is about, to find it by each of them.
CREATE TABLE anomaly_members (
	broker INTEGER NOT NULL REFERENCES brokers (id),
	entity TEXT    NOT NULL,
	alert  INTEGER NOT NULL,
	PRIMARY KEY (broker, entity, alert)
);

-- Single findings.
CREATE TABLE anomaly_findings (
	broker      INTEGER NOT NULL REFERENCES brokers (id),
	id          INTEGER NOT NULL,
	time        INTEGER NOT NULL, -- epoch milliseconds
	type        TEXT    NOT NULL,
	entity      TEXT    NOT NULL,
	field       TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	score       REAL    NOT NULL,
	value       REAL,
	expected    REAL,
	low         REAL,
	high        REAL,
	explanation TEXT    NOT NULL,
	alert       INTEGER NOT NULL, -- 0: none
	PRIMARY KEY (broker, id)
);
CREATE INDEX anomaly_findings_time ON anomaly_findings (broker, time);
CREATE INDEX anomaly_findings_entity ON anomaly_findings (broker, entity, id);

-- Rules and maintenance of people.
CREATE TABLE anomaly_rules (
	broker  INTEGER NOT NULL REFERENCES brokers (id),
	id      INTEGER NOT NULL,
	created INTEGER NOT NULL,
	rule    TEXT    NOT NULL, -- JSON
	PRIMARY KEY (broker, id)
);
CREATE TABLE anomaly_maintenance (
	broker INTEGER NOT NULL REFERENCES brokers (id),
	id     INTEGER NOT NULL,
	until  INTEGER NOT NULL,
	entry  TEXT    NOT NULL, -- JSON
	PRIMARY KEY (broker, id)
);
