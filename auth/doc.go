// Package auth says who somebody is and what they may do: the primary API key, roles, and the table of what each
// role permits.
//
// It may import fault. It knows nothing of HTTP: the gateway asks it and enforces what it answers.
package auth
