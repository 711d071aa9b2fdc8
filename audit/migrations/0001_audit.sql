-- One row is one act. Ids have no gaps: a chain with one missing does not fit.
CREATE TABLE audit_entries (
	broker  INTEGER NOT NULL,
	id      INTEGER NOT NULL,
	time    INTEGER NOT NULL,
	actor   TEXT    NOT NULL,
	via     TEXT    NOT NULL,
	address TEXT    NOT NULL,
	action  TEXT    NOT NULL,
	object  TEXT    NOT NULL,
	outcome TEXT    NOT NULL,
	count   INTEGER NOT NULL,
	request TEXT    NOT NULL,
	before  TEXT    NOT NULL,
	after   TEXT    NOT NULL,
	hash    TEXT    NOT NULL,
	PRIMARY KEY (broker, id)
);

-- Where a broker's chain begins and ends. The anchor is the newest entry that retention has taken away, the head is the
-- newest there is; 0 and an empty hash where there is none. bytes is what the kept entries take.
CREATE TABLE audit_chains (
	broker      INTEGER PRIMARY KEY,
	anchor_id   INTEGER NOT NULL,
	anchor_hash TEXT    NOT NULL,
	head_id     INTEGER NOT NULL,
	head_hash   TEXT    NOT NULL,
	bytes       INTEGER NOT NULL
);
