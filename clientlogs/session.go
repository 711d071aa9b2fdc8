package clientlogs

import "time"

// Session is one connection of a client, as the log tells of it.
type Session struct {
	ClientID         string
	Username         string
	HasUser          bool
	Address          string // empty where the log does not say
	Port             int
	Protocol         string // 3.1, 3.1.1, 5.0
	CleanStart       bool
	KeepaliveSeconds int
	Bridge           bool
	ConnectedAt      time.Time
	ListenerPort     int    // 0 where unknown, and for websockets on 2.0
	TLS              string // "TLSv1.3 cipher …" where 2.1 said so; empty where unknown or none
	Subscriptions    int    // -1 where unknown: a persistent session may have brought some from before we watched
	Own              bool   // one of BunkerM's
	Unsure           bool   // log lines were missing since it began, so it may have ended
}
