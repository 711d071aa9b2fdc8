package monitor

import "time"

// Stats is how the broker is doing. The numbers are the users': BunkerM's own sessions and messages are left out and
// stand under self. A null is a value that the broker has not told us.
type Stats struct {
	Broker        BrokerStats       `json:"broker"`
	Clients       ClientStats       `json:"clients"`
	Messages      MessageStats      `json:"messages" doc:"MQTT packets of every kind"`
	Publish       PublishStats      `json:"publish" doc:"Messages that were published and delivered"`
	Bytes         ByteStats         `json:"bytes" doc:"Bytes of MQTT packets of every kind"`
	Subscriptions SubscriptionStats `json:"subscriptions"`
	Retained      RetainedStats     `json:"retained"`
	Store         StoreStats        `json:"store" doc:"Messages that the broker keeps in memory"`
	Heap          HeapStats         `json:"heap" doc:"The broker's memory, where it was built to tell"`
	PacketsOut    PacketsOutStats   `json:"packets_out" doc:"What waits to be sent (mosquitto 2.1)"`
	Sockets       SocketStats       `json:"sockets" doc:"Network connections (mosquitto 2.1)"`
	Load          LoadStats         `json:"load" doc:"Moving averages per minute, as the broker counts them, BunkerM included"`
	Bridges       []Bridge          `json:"bridges" nullable:"false" doc:"Bridges that tell their state"`
	Others        []OtherFigure     `json:"others" nullable:"false" doc:"What the broker tells besides, at most 200 values"`
	OthersLeftOut int               `json:"others_left_out" doc:"How often a value found no room in others"`
	Self          SelfStats         `json:"self" doc:"What BunkerM itself is to the broker"`
	SampledAt     *time.Time        `json:"sampled_at" doc:"When the broker told its figures last; it does every 10 s unless sys_interval says otherwise"`
}

// BrokerStats is the broker itself.
type BrokerStats struct {
	Version       *string    `json:"version" doc:"As in 2.0.11"`
	UptimeSeconds *int64     `json:"uptime_seconds" doc:"How long it has been running"`
	State         string     `json:"state" enum:"running,starting,stopped,unreachable" doc:"unreachable: it cannot be seen, so nothing of it is known"`
	Since         *time.Time `json:"since" doc:"When the state began"`
	Detail        string     `json:"detail" doc:"What is the matter; empty when all is well"`
	Hint          string     `json:"hint" doc:"What can be done about it; may be empty"`
}

// ClientStats counts clients.
type ClientStats struct {
	Connected    *int64 `json:"connected" doc:"Connected now"`
	Disconnected *int64 `json:"disconnected" doc:"Persistent sessions of clients that are away"`
	Total        *int64 `json:"total" doc:"Both"`
	Maximum      *int64 `json:"maximum" doc:"The most there were since the broker started"`
	Expired      *int64 `json:"expired" doc:"Persistent sessions thrown away because they were too old"`
}

// MessageStats counts packets.
type MessageStats struct {
	Received          *int64   `json:"received" doc:"Since the broker started"`
	Sent              *int64   `json:"sent" doc:"Since the broker started"`
	Stored            *int64   `json:"stored" doc:"Messages kept, the retained figures of the broker about itself included"`
	Dropped           *int64   `json:"dropped" doc:"Messages thrown away because a client was too slow or away, BunkerM included"`
	ReceivedPerSecond *float64 `json:"received_per_second" doc:"Over the last interval"`
	SentPerSecond     *float64 `json:"sent_per_second" doc:"Over the last interval"`
	DroppedPerSecond  *float64 `json:"dropped_per_second" doc:"Over the last interval"`
}

// PublishStats counts messages and their payloads.
type PublishStats struct {
	Received               *int64   `json:"received" doc:"Published by clients since the broker started"`
	Sent                   *int64   `json:"sent" doc:"Delivered to clients since the broker started"`
	Dropped                *int64   `json:"dropped" doc:"Thrown away because a client was too slow or away, BunkerM included"`
	BytesReceived          *int64   `json:"bytes_received" doc:"Payloads of what was published"`
	BytesSent              *int64   `json:"bytes_sent" doc:"Payloads of what was delivered"`
	ReceivedPerSecond      *float64 `json:"received_per_second" doc:"Over the last interval"`
	SentPerSecond          *float64 `json:"sent_per_second" doc:"Over the last interval"`
	DroppedPerSecond       *float64 `json:"dropped_per_second" doc:"Over the last interval"`
	BytesReceivedPerSecond *float64 `json:"bytes_received_per_second" doc:"Over the last interval"`
	BytesSentPerSecond     *float64 `json:"bytes_sent_per_second" doc:"Over the last interval"`
}

// ByteStats counts bytes.
type ByteStats struct {
	Received          *int64   `json:"received" doc:"Since the broker started"`
	Sent              *int64   `json:"sent" doc:"Since the broker started"`
	ReceivedPerSecond *float64 `json:"received_per_second" doc:"Over the last interval"`
	SentPerSecond     *float64 `json:"sent_per_second" doc:"Over the last interval"`
}

// SubscriptionStats counts subscriptions.
type SubscriptionStats struct {
	Count  *int64 `json:"count" doc:"Subscriptions that are not shared"`
	Shared *int64 `json:"shared" doc:"Shared subscriptions"`
}

// RetainedStats counts retained messages.
type RetainedStats struct {
	Count *int64 `json:"count" doc:"Retained messages, the broker's figures about itself (about 50) included"`
}

// StoreStats is what the broker keeps.
type StoreStats struct {
	Messages *int64 `json:"messages" doc:"Messages"`
	Bytes    *int64 `json:"bytes" doc:"Their payloads"`
}

// HeapStats is the broker's memory.
type HeapStats struct {
	CurrentBytes *int64 `json:"current_bytes" doc:"In use now"`
	MaximumBytes *int64 `json:"maximum_bytes" doc:"The most since the broker started"`
}

// PacketsOutStats is what the broker has not sent yet.
type PacketsOutStats struct {
	Count *int64 `json:"count" doc:"Packets"`
	Bytes *int64 `json:"bytes" doc:"Bytes"`
}

// SocketStats counts connections.
type SocketStats struct {
	Count *int64 `json:"count" doc:"Open connections"`
}

// LoadStats are the broker's own moving averages.
type LoadStats struct {
	MessagesReceived Load `json:"messages_received" doc:"MQTT packets received"`
	MessagesSent     Load `json:"messages_sent" doc:"MQTT packets sent"`
	PublishReceived  Load `json:"publish_received" doc:"Messages published"`
	PublishSent      Load `json:"publish_sent" doc:"Messages delivered"`
	PublishDropped   Load `json:"publish_dropped" doc:"Messages dropped"`
	BytesReceived    Load `json:"bytes_received" doc:"Bytes received"`
	BytesSent        Load `json:"bytes_sent" doc:"Bytes sent"`
	Sockets          Load `json:"sockets" doc:"Network connections opened"`
	Connections      Load `json:"connections" doc:"CONNECT packets received"`
}

// Load is one moving average, per minute.
type Load struct {
	Minute  *float64 `json:"1min" doc:"Over one minute"`
	Five    *float64 `json:"5min" doc:"Over five minutes"`
	Fifteen *float64 `json:"15min" doc:"Over fifteen minutes"`
}

// Bridge is a connection to another broker.
type Bridge struct {
	ID        string `json:"id" doc:"Its name or client id"`
	Connected bool   `json:"connected" doc:"Whether it is connected"`
}

// OtherFigure is something that the broker tells and that BunkerM does not know.
type OtherFigure struct {
	Name  string `json:"name" doc:"Its topic below $SYS/broker/"`
	Value string `json:"value" doc:"What the broker says, at most 256 bytes of it"`
}

// SelfStats is BunkerM as the broker's client.
type SelfStats struct {
	Sessions          int      `json:"sessions" doc:"Its sessions with the broker"`
	Subscriptions     int      `json:"subscriptions" doc:"Its subscriptions"`
	Messages          int64    `json:"messages" doc:"Messages that the broker has delivered to the observation since BunkerM started"`
	Bytes             int64    `json:"bytes" doc:"Their payload bytes"`
	MessagesPerSecond *float64 `json:"messages_per_second" doc:"Over the last interval"`
	BytesPerSecond    *float64 `json:"bytes_per_second" doc:"Over the last interval"`
	Lost              int64    `json:"lost" doc:"Messages that a part of BunkerM threw away because it was too slow, since it started"`
	QueuedBytes       int64    `json:"queued_bytes" doc:"What waits inside BunkerM to be worked on"`
	MemoryBytes       int64    `json:"memory_bytes" doc:"Memory that BunkerM has in use"`
	Recording         bool     `json:"recording" doc:"Whether history is being written; it is not while the disk is too full"`
}
