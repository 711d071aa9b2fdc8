// Package store keeps what BunkerM records: it opens the database, migrates it, runs transactions, writes in batches,
// and throws away what has become too old or too much. It holds no SQL of any feature: services bring their own
// migrations and statements.
//
// The database is a file of SQLite in WAL mode. One connection writes, one transaction at a time; a few others read,
// each transaction in one snapshot, and neither waits for the other. SQL stays in the subset that PostgreSQL shares:
// $1 parameters, ON CONFLICT ... DO UPDATE, RETURNING, times as integer epoch milliseconds, JSON as text. Rows carry
// the id of their broker, DB.Broker.
//
// It may import fault.
package store
