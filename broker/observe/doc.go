// Package observe reads everything that a broker publishes, as fast as the broker can send it: one MQTT v5 connection
// at QoS 0 with a reader of our own that allocates nothing per message, fanned out to consumers with bounded queues.
//
// It may import broker and fault.
package observe
