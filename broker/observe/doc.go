// Package observe reads everything that a broker publishes, as fast as the broker can send it: one MQTT v5 connection
// at QoS 0 with a reader of our own that allocates nothing per message, fanned out to consumers with bounded queues.
//
// What one read from the connection brings is handed on at once, as a Block: a view into a large buffer that all
// consumers share, so no message is copied. The reader never waits for a consumer. One whose queue is full loses the
// block, and the next block that it gets says how many messages those were; the others lose nothing by it. So a slow
// page or disk of ours is never felt by the broker, which would otherwise queue messages for us, in its own memory,
// and drop them when there are too many.
//
// One publish is one Message, even where several filters match it, and a message that the broker sends because we
// subscribed (a retained one) is told apart from one that somebody published now: see subscriptions.
//
// It may import broker, broker/topicfilter and fault.
package observe
