-- Texts are kept once, in event_words; everything else refers to them by number. A word's day is the latest day (since
-- 1970, UTC) of any event that uses it, so that one which is older than every event can go.
CREATE TABLE event_words (
    id     INTEGER PRIMARY KEY,
    broker INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    text   TEXT NOT NULL,
    UNIQUE (broker, text)
);

-- events and publishes have one shape and share one sequence of ids. Publishes are many and kept shortly. Times are
-- epoch milliseconds, until is the distance to time; NULL and 0 take no room. What kind, reason, protocol and flags
-- mean stands in store_codes.go. note holds a text that is not worth a word: what it is depends on the kind.
CREATE TABLE events (
    id        INTEGER PRIMARY KEY,
    broker    INTEGER NOT NULL,
    time      INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    own       INTEGER NOT NULL,
    client    INTEGER,
    username  INTEGER,
    address   INTEGER,
    topic     INTEGER,
    port      INTEGER NOT NULL,
    protocol  INTEGER NOT NULL,
    keepalive INTEGER NOT NULL,
    reason    INTEGER NOT NULL,
    qos       INTEGER NOT NULL,
    granted   INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    flags     INTEGER NOT NULL,
    note      TEXT
);

-- SQLite appends the rowid, which is id, to every index entry: each of these is in the order of ids too.
CREATE INDEX events_client ON events (broker, client);
CREATE INDEX events_username ON events (broker, username);
CREATE INDEX events_kind ON events (broker, kind);

CREATE TABLE publishes (
    id        INTEGER PRIMARY KEY,
    broker    INTEGER NOT NULL,
    time      INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    own       INTEGER NOT NULL,
    client    INTEGER,
    username  INTEGER,
    address   INTEGER,
    topic     INTEGER,
    port      INTEGER NOT NULL,
    protocol  INTEGER NOT NULL,
    keepalive INTEGER NOT NULL,
    reason    INTEGER NOT NULL,
    qos       INTEGER NOT NULL,
    granted   INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    flags     INTEGER NOT NULL,
    note      TEXT
);

CREATE INDEX publishes_client ON publishes (broker, client);
CREATE INDEX publishes_username ON publishes (broker, username);

-- A zone map: the times of the events of one table between two ids. It finds events by time without an index on time,
-- and does not mind a clock that steps. part is 1 for events, 2 for publishes.
CREATE TABLE event_spans (
    broker   INTEGER NOT NULL,
    part     INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    min_time INTEGER NOT NULL,
    max_time INTEGER NOT NULL,
    rows     INTEGER NOT NULL,
    PRIMARY KEY (broker, part, first_id)
);

-- The highest id that retention has deleted from each table.
CREATE TABLE event_trims (
    broker  INTEGER NOT NULL,
    part    INTEGER NOT NULL,
    trimmed INTEGER NOT NULL,
    PRIMARY KEY (broker, part)
);

-- How far the broker's log has been read: changed in the transaction that stores what was read.
CREATE TABLE event_positions (
    broker   INTEGER PRIMARY KEY,
    position TEXT NOT NULL,
    last_id  INTEGER NOT NULL,
    held     TEXT NOT NULL
);

-- The sessions that were open at that position, as JSON. The client id is here as the log has it, which need not be
-- UTF-8.
CREATE TABLE event_sessions (
    broker  INTEGER NOT NULL,
    client  BLOB NOT NULL,
    session TEXT NOT NULL,
    PRIMARY KEY (broker, client)
);

-- What is known of each client as a whole: the head of its timeline.
CREATE TABLE devices (
    broker          INTEGER NOT NULL,
    client          INTEGER NOT NULL,
    first_seen      INTEGER NOT NULL,
    last_seen       INTEGER NOT NULL,
    sessions        INTEGER NOT NULL,
    refused_at      INTEGER NOT NULL,
    refused_reason  TEXT NOT NULL,
    refused_address TEXT NOT NULL,
    addresses       TEXT NOT NULL,
    usernames       TEXT NOT NULL,
    PRIMARY KEY (broker, client)
);
