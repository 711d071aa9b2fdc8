// Package auth says who somebody is and what they may do: people's accounts and their sessions, API keys, roles, and
// the table of what each role permits.
//
// It may import store, query, privacy and fault. The gateway asks it who comes with a cookie or a key and enforces what it
// answers; here nothing is enforced.
package auth
