// Package notify gets messages to people: by webhook, e-mail, MQTT topic and chat. Who decides what is worth a message
// calls Send, which keeps it in an outbox and returns; Run delivers, tries again and counts. It knows channels, not causes.
//
// Texts may contain what devices have made up, so they are escaped and shortened before they are kept. Addresses may point
// into our own network, so each is checked when it is dialled. Secrets of channels are in the database alone: they are in
// no answer, log line or error.
//
// It may import store, privacy and fault.
package notify
