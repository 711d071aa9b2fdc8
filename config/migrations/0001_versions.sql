-- One row is one version of mosquitto.conf with its includes, or of dynamic-security.json. content is the files by name
-- as JSON, compressed with gzip; hash is of that JSON, so that equal versions are known without reading it. It holds
-- secrets. previous is the version that was live before, 0 where there was none.
CREATE TABLE config_versions (
	broker   INTEGER NOT NULL,
	id       INTEGER NOT NULL,
	file     TEXT    NOT NULL,
	time     INTEGER NOT NULL,
	actor    TEXT    NOT NULL,
	source   TEXT    NOT NULL,
	comment  TEXT    NOT NULL,
	state    TEXT    NOT NULL,
	detail   TEXT    NOT NULL,
	previous INTEGER NOT NULL,
	bytes    INTEGER NOT NULL,
	added    INTEGER NOT NULL,
	removed  INTEGER NOT NULL,
	hash     TEXT    NOT NULL,
	content  BYTEA   NOT NULL,
	PRIMARY KEY (broker, id)
);
CREATE INDEX config_versions_by_file ON config_versions (broker, file, id);
