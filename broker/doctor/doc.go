// Package doctor connects to a broker as a device would, one step after the other, and says at which step it fails and what
// to change: the name, the way there, TLS, websockets, the login, a subscription, a message.
//
// It imports none of our rooms.
package doctor
