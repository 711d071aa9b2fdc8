// Package anomaly notices what is strange about topics, clients and the broker, makes incidents of it, and tells people:
// the service smart-anomaly-api, which answers at /ai. What it sees is handed to it; the detectors are in detect, what they
// say of one topic in series, how that becomes incidents in incident.
//
// It may import fault, notify, privacy, query, store and stream.
package anomaly
