-- What decides about notifications between two starts: how many may be sent now, and when the digest is due.
CREATE TABLE anomaly_outgoing (
	broker INTEGER NOT NULL REFERENCES brokers (id),
	tokens REAL    NOT NULL, -- notifications below critical that could be sent at filled
	filled INTEGER NOT NULL, -- epoch milliseconds
	next   INTEGER NOT NULL, -- when the digest is due
	PRIMARY KEY (broker)
);

-- The incidents of the next digest.
CREATE TABLE anomaly_digest (
	broker INTEGER NOT NULL REFERENCES brokers (id),
	alert  INTEGER NOT NULL,
	held   INTEGER NOT NULL, -- since when, epoch milliseconds
	item   TEXT    NOT NULL, -- JSON
	PRIMARY KEY (broker, alert)
);
