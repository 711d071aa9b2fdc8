package conf

// EffectKind is how a change reaches a running broker.
type EffectKind string

// The effects, from the gentlest on.
const (
	EffectNone    EffectKind = "none"    // the broker would do nothing different
	EffectReload  EffectKind = "reload"  // SIGHUP
	EffectRestart EffectKind = "restart" // stop and start
)

// Effect is what a change asks of a running broker: the strongest of its reasons.
type Effect struct {
	Kind    EffectKind
	Reasons []Reason
}

// Reason is a setting that has changed.
type Reason struct {
	Key   string
	Scope Scope
	Kind  EffectKind // reload or restart
	Why   string     // one sentence for people; never the value of a secret
}

// Compare tells how a broker of that version that runs with before comes to run with after.
func Compare(before, after *Config, v Version) Effect { return Effect{Kind: EffectNone} }
