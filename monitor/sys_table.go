package monitor

import "strings"

// figureTable describes every figure, at its number. The topics are those of the sources of mosquitto 2.0.11, 2.0.22
// and 2.1.2; inactive and active are the names that disconnected and connected had before.
func figureTable() [figureCount]Figure {
	table := [figureCount]Figure{
		figUptime: gaugeOf("broker.uptime_seconds", "seconds", "How long the broker has been running.", "uptime"),

		figClientsConnected:    gaugeOf("clients.connected", "clients", "Clients that are connected, BunkerM's own sessions left out.", "clients/connected", "clients/active"),
		figClientsDisconnected: gaugeOf("clients.disconnected", "clients", "Persistent sessions of clients that are not connected.", "clients/disconnected", "clients/inactive"),
		figClientsTotal:        gaugeOf("clients.total", "clients", "Connected clients and persistent sessions, BunkerM's own left out.", "clients/total"),
		figClientsMaximum:      gaugeOf("clients.maximum", "clients", "The most clients that were there at once since the broker started, less BunkerM's present sessions.", "clients/maximum"),
		figClientsExpired:      counterOf("clients.expired", "clients", "Persistent sessions that the broker threw away because they were too old.", "clients/expired"),

		figMessagesReceived: counterOf("messages.received", "packets", "MQTT packets of every kind that the broker received, BunkerM's own left out.", "messages/received"),
		figMessagesSent:     counterOf("messages.sent", "packets", "MQTT packets of every kind that the broker sent, those to BunkerM left out.", "messages/sent"),
		figMessagesStored:   gaugeOf("messages.stored", "messages", "Messages that the broker keeps, the retained figures about itself included.", "messages/stored"),
		figMessagesDropped:  counterOf("messages.dropped", "messages", "The same as publish.dropped."),

		figMessagesReceivedRate: rateOf(figMessagesReceived, "messages.received_per_second", "packets/s"),
		figMessagesSentRate:     rateOf(figMessagesSent, "messages.sent_per_second", "packets/s"),
		figMessagesDroppedRate:  rateOf(figMessagesDropped, "messages.dropped_per_second", "messages/s"),

		figPublishReceived:      counterOf("publish.received", "messages", "Messages that clients published, BunkerM's own left out.", "publish/messages/received"),
		figPublishSent:          counterOf("publish.sent", "messages", "Messages that the broker delivered, those to BunkerM left out.", "publish/messages/sent"),
		figPublishDropped:       counterOf("publish.dropped", "messages", "Messages that the broker threw away because a client was too slow or away, BunkerM included.", "publish/messages/dropped"),
		figPublishBytesReceived: counterOf("publish.bytes_received", "bytes", "Payload bytes of the messages that clients published.", "publish/bytes/received"),
		figPublishBytesSent:     counterOf("publish.bytes_sent", "bytes", "Payload bytes of the messages that the broker delivered, those to BunkerM left out.", "publish/bytes/sent"),

		figPublishReceivedRate:      rateOf(figPublishReceived, "publish.received_per_second", "messages/s"),
		figPublishSentRate:          rateOf(figPublishSent, "publish.sent_per_second", "messages/s"),
		figPublishDroppedRate:       rateOf(figPublishDropped, "publish.dropped_per_second", "messages/s"),
		figPublishBytesReceivedRate: rateOf(figPublishBytesReceived, "publish.bytes_received_per_second", "bytes/s"),
		figPublishBytesSentRate:     rateOf(figPublishBytesSent, "publish.bytes_sent_per_second", "bytes/s"),

		figBytesReceived:     counterOf("bytes.received", "bytes", "Bytes of all MQTT packets that the broker received, BunkerM's own left out.", "bytes/received"),
		figBytesSent:         counterOf("bytes.sent", "bytes", "Bytes of all MQTT packets that the broker sent, those to BunkerM left out.", "bytes/sent"),
		figBytesReceivedRate: rateOf(figBytesReceived, "bytes.received_per_second", "bytes/s"),
		figBytesSentRate:     rateOf(figBytesSent, "bytes.sent_per_second", "bytes/s"),

		figSubscriptions:       gaugeOf("subscriptions.count", "subscriptions", "Subscriptions, BunkerM's own left out.", "subscriptions/count"),
		figSubscriptionsShared: gaugeOf("subscriptions.shared", "subscriptions", "Shared subscriptions.", "shared_subscriptions/count"),
		figRetained:            gaugeOf("retained.count", "messages", "Retained messages, the broker's figures about itself included.", "retained messages/count"),
		figStoreMessages:       gaugeOf("store.messages", "messages", "Messages in the broker's store.", "store/messages/count"),
		figStoreBytes:          gaugeOf("store.bytes", "bytes", "Payload bytes in the broker's store.", "store/messages/bytes"),
		figHeapCurrent:         gaugeOf("heap.current_bytes", "bytes", "Memory that the broker has in use, where it was built to tell.", "heap/current"),
		figHeapMaximum:         gaugeOf("heap.maximum_bytes", "bytes", "The most memory that the broker had in use.", "heap/maximum"),
		figPacketsOut:          gaugeOf("packets_out.count", "packets", "Packets that wait to be sent (mosquitto 2.1).", "packet/out/count"),
		figPacketsOutBytes:     gaugeOf("packets_out.bytes", "bytes", "Bytes that wait to be sent (mosquitto 2.1).", "packet/out/bytes"),
		figSockets:             gaugeOf("sockets.count", "connections", "Open network connections, BunkerM's own left out (mosquitto 2.1).", "connections/socket/count"),

		figSelfSessions:     gaugeOf("self.sessions", "clients", "BunkerM's own sessions with the broker."),
		figSelfMemory:       gaugeOf("self.memory_bytes", "bytes", "Memory that BunkerM has in use."),
		figSelfLost:         counterOf("self.lost", "messages", "Observed messages that BunkerM threw away because it was too slow, since it started."),
		figSelfMessagesRate: {Name: "self.messages_per_second", Unit: "messages/s", Kind: Rate, Help: "Messages that the broker delivered to BunkerM, per second."},
		figSelfBytesRate:    {Name: "self.bytes_per_second", Unit: "bytes/s", Kind: Rate, Help: "Payload bytes that the broker delivered to BunkerM, per second."},
	}
	for i, load := range loadNames() {
		for k, span := range loadSpans() {
			table[int(figLoad)+3*i+k] = gaugeOf("load."+strings.ReplaceAll(load, "/", "_")+"."+span, "1/min",
				"Moving average over "+strings.TrimSuffix(span, "min")+" minutes of "+strings.ReplaceAll(load, "/", " ")+
					" per minute, as the broker counts it, BunkerM included.", "load/"+load+"/"+span)
		}
	}
	for i := range table {
		if f := &table[i]; f.Kind == Rate && f.Help == "" {
			f.Help = "Growth of " + table[f.of].Name + " per second."
		}
	}
	return table
}

func gaugeOf(name, unit, help string, topics ...string) Figure {
	return Figure{Name: name, Unit: unit, Kind: Gauge, Help: help, topics: topics}
}

func counterOf(name, unit, help string, topics ...string) Figure {
	return Figure{Name: name, Unit: unit, Kind: Counter, Help: help, topics: topics}
}

func rateOf(counter figure, name, unit string) Figure {
	return Figure{Name: name, Unit: unit, Kind: Rate, of: counter}
}
