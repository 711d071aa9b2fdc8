// Package store opens the database, migrates it, runs transactions, writes in batches and throws away what has become
// too old or too much. It holds no SQL of any feature: services bring their own migrations and statements.
//
// It may import fault.
package store
