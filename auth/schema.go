package auth

import "github.com/bunkerm/bunkerm/store"

// Migrations are the tables of this room. Their rows carry no broker: people, their sessions and their keys belong to
// the installation, whichever broker it is used with.
//
// How somebody proves who they are stands apart from the account: a second factor, or an identity at another provider,
// becomes a further kind of credential.
func Migrations() []store.Migration {
	return []store.Migration{{Name: "auth/0001", SQL: `
CREATE TABLE accounts (
	id       INTEGER PRIMARY KEY,
	folded   TEXT    NOT NULL UNIQUE,
	username TEXT    NOT NULL,
	role     TEXT    NOT NULL,
	disabled INTEGER NOT NULL,
	created  INTEGER NOT NULL,
	seen     INTEGER
);
CREATE TABLE account_credentials (
	account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	kind    TEXT    NOT NULL,
	secret  TEXT    NOT NULL,
	changed INTEGER NOT NULL,
	PRIMARY KEY (account, kind)
);
CREATE TABLE account_networks (
	account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	network TEXT    NOT NULL,
	seen    INTEGER NOT NULL,
	PRIMARY KEY (account, network)
);
CREATE TABLE account_sessions (
	id      TEXT    PRIMARY KEY,
	token   TEXT    NOT NULL UNIQUE,
	account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	created INTEGER NOT NULL,
	seen    INTEGER NOT NULL,
	address TEXT    NOT NULL,
	agent   TEXT    NOT NULL
);
CREATE INDEX account_sessions_account ON account_sessions (account);
CREATE TABLE api_keys (
	id      TEXT    PRIMARY KEY,
	name    TEXT    NOT NULL UNIQUE,
	hash    TEXT    NOT NULL UNIQUE,
	role    TEXT    NOT NULL,
	creator TEXT    NOT NULL,
	created INTEGER NOT NULL,
	expires INTEGER,
	used    INTEGER
);
CREATE TABLE installation (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);`}}
}
