package monitor

// FigureKind says how a figure moves.
type FigureKind string

// The kinds of figures.
const (
	Gauge   FigureKind = "gauge"   // goes up and down
	Counter FigureKind = "counter" // grows until the broker starts again
	Rate    FigureKind = "rate"    // a counter's growth per second
)

// Figure describes one number that the service knows, under the name of its path in the answer of /monitor/stats.
type Figure struct {
	Name string     `json:"name" doc:"Its path in the answer of /monitor/stats, as in messages.received_per_second"`
	Unit string     `json:"unit" doc:"What is counted, or the unit of measure"`
	Kind FigureKind `json:"kind" enum:"gauge,counter,rate" doc:"gauge goes up and down; counter grows until the broker starts again; rate is a counter's growth per second"`
	Help string     `json:"help" doc:"What it says"`

	topics []string // the names below $SYS/broker/ under which the broker tells it; the later ones are aliases
	of     figure   // for a rate: the counter that it comes from
}

// figure is the place of a number in a snapshot. History is stored under these numbers, so new figures go to the end
// and a number is never used again.
type figure uint8

const (
	figUptime figure = iota
	figClientsConnected
	figClientsDisconnected
	figClientsTotal
	figClientsMaximum
	figClientsExpired
	figMessagesReceived
	figMessagesSent
	figMessagesStored
	figMessagesDropped
	figMessagesReceivedRate
	figMessagesSentRate
	figMessagesDroppedRate
	figPublishReceived
	figPublishSent
	figPublishDropped
	figPublishBytesReceived
	figPublishBytesSent
	figPublishReceivedRate
	figPublishSentRate
	figPublishDroppedRate
	figPublishBytesReceivedRate
	figPublishBytesSentRate
	figBytesReceived
	figBytesSent
	figBytesReceivedRate
	figBytesSentRate
	figSubscriptions
	figSubscriptionsShared
	figRetained
	figStoreMessages
	figStoreBytes
	figHeapCurrent
	figHeapMaximum
	figPacketsOut
	figPacketsOutBytes
	figSockets
	figSelfSessions
	figSelfMemory
	figSelfLost
	figSelfMessagesRate
	figSelfBytesRate
	figLoad // the first of 27: the nine loads in the order of loadNames, each over 1, 5 and 15 minutes

	figureCount = figLoad + 27
)

// loadNames are the names below $SYS/broker/load, in the order in which their figures are numbered.
func loadNames() [9]string {
	return [9]string{"messages/received", "messages/sent", "publish/received", "publish/sent", "publish/dropped",
		"bytes/received", "bytes/sent", "sockets", "connections"}
}

// loadSpans are what each load is averaged over.
func loadSpans() [3]string { return [3]string{"1min", "5min", "15min"} }
