package broker

import "strings"

// EventKind says what an Event is about.
type EventKind uint8

// The kinds of events of a session.
const (
	// Connected: commands can be sent from now on. Whatever was known of the plugin's state may have changed since
	// the last Disconnected.
	Connected EventKind = iota + 1
	// Disconnected: commands cannot be sent any more, because the connection ended or the plugin stopped answering.
	Disconnected
	// ForeignAnswer: the plugin answered a command that somebody else sent.
	ForeignAnswer
	// LateAnswer: the plugin answered a command of ours after its caller had been told that the outcome is uncertain.
	LateAnswer
)

// String names the kind for logs.
func (k EventKind) String() string {
	switch k {
	case Connected:
		return "connected"
	case Disconnected:
		return "disconnected"
	case ForeignAnswer:
		return "foreign answer"
	case LateAnswer:
		return "late answer"
	default:
		return "unknown"
	}
}

// Event is something that the session noticed and nobody asked for.
type Event struct {
	Kind   EventKind
	Reason string // of Disconnected: why, in words for a log or a page
	// TakenOver, of Disconnected, tells that somebody else goes on with our client id. Mosquitto before 2.1 does not say so,
	// only its log does.
	TakenOver bool
	Command   string // of an answer: the plugin's name of the command, as in createClient
	Failed    bool   // of an answer: the plugin answered with an error
	// Changes tells that the plugin's state may be another one now. It is set for Connected, and for every answer to
	// a command that can change something: mosquitto 2.0.11 applies half of a modifyClient and then answers with an
	// error, so a failed command counts as well.
	Changes bool
}

// OnEvent registers a function that is called with every event, in the order in which the broker caused them and
// never twice at a time. An answer of somebody else is delivered before any answer that the broker gave later is
// returned by Do; Connected and Disconnected are delivered before Status and Ready show the new state. The function
// must not block and must not call the session's methods that wait (Do, Sync, Ready, Close): answers wait for it.
// Register before Start.
func (s *Session) OnEvent(fn func(Event)) { s.listeners = append(s.listeners, fn) }

// emit calls the listeners. The caller holds emitMu.
func (s *Session) emit(e Event) {
	for _, listener := range s.listeners {
		listener(e)
	}
}

// answerEvent describes an answer that nobody of ours waits for.
func answerEvent(kind EventKind, a *answer) Event {
	return Event{
		Kind:    kind,
		Command: a.Command,
		Failed:  a.Error != "",
		// The barriers of another BunkerM are unknown commands. If they counted as changes, two of them on one
		// broker would make each other read everything again for ever.
		Changes: !readsOnly(a.Command) && a.Error != unknownCommand,
	}
}

// unknownCommand is the plugin's error for a command whose name it does not know, and the name it answers with when
// it cannot read a command at all.
const unknownCommand = "Unknown command"

// readsOnly tells the commands that change nothing. Their names start with get or list in every version so far; the
// plugin compares names without regard to case.
func readsOnly(command string) bool {
	name := strings.ToLower(command)
	return strings.HasPrefix(name, "get") || strings.HasPrefix(name, "list")
}
