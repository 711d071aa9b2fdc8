package conf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

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
	Reasons []Reason // by scope and key
}

// Reason is a setting that has changed.
type Reason struct {
	Key   string
	Scope Scope
	Kind  EffectKind // reload or restart
	Why   string     // one sentence for people; never the value of a secret
}

// Compare tells how a broker of that version that runs with before comes to run with after. What means the same is no
// change: comments and order, a value written otherwise, a default that is written down.
func Compare(before, after *Config, v Version) Effect {
	a, b := before.meaning(v), after.meaning(v)
	e := Effect{Kind: EffectNone}
	add := func(r Reason) {
		e.Reasons = append(e.Reasons, r)
		if r.Kind == EffectRestart || e.Kind == EffectNone {
			e.Kind = r.Kind
		}
	}
	for name, scope := range b.scopes {
		if a.scopes[name] == nil {
			add(comeOrGone(name, scope, v, true))
		}
	}
	for name, was := range a.scopes {
		is := b.scopes[name]
		if is == nil {
			add(comeOrGone(name, was, v, false))
			continue
		}
		if was.kind == onPlugin && (was.line != is.line || was.value != is.value) {
			add(Reason{is.line, name, EffectRestart, "The broker loads plugins only when it starts."})
		}
		for key := range is.values {
			if _, both := was.values[key]; !both {
				compareSetting(key, name, was, is, a, b, v, add)
			}
		}
		for key := range was.values {
			compareSetting(key, name, was, is, a, b, v, add)
		}
	}
	if len(a.plugins) == len(b.plugins) && !slices.Equal(a.plugins, b.plugins) && sameSet(a.plugins, b.plugins) {
		add(Reason{"plugin", Global, EffectRestart, "The plugins are asked in another order, and they are loaded when the broker starts."})
	}
	slices.SortFunc(e.Reasons, func(x, y Reason) int {
		return cmp.Or(cmp.Compare(x.Scope, y.Scope), cmp.Compare(x.Key, y.Key))
	})
	return e
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// meaning is what a configuration says, apart from how it is written.
type meaning struct {
	scopes  map[Scope]*meant
	plugins []string // in their order
	local   bool     // without a listener, the broker lets local clients in without a password
}

// meant is what one scope says: for each key its values, in one form.
type meant struct {
	kind   string
	line   string // the key of the line that makes it
	value  string // and its value
	values map[string][]string
	defs   map[string]*Definition
}

func (c *Config) meaning(v Version) meaning {
	m := meaning{scopes: map[Scope]*meant{}, local: true}
	names := make([]Scope, len(c.scopes))
	times := map[Scope]int{}
	for i, s := range c.scopes {
		name := s.name
		if times[name]++; times[name] > 1 {
			name += Scope(" (" + strconv.Itoa(times[name]) + ")")
		}
		names[i] = name
		m.scopes[name] = &meant{kind: s.kind, line: s.kind, values: map[string][]string{}, defs: map[string]*Definition{}}
		m.local = m.local && s.kind != onListener
	}
	for i := range c.entries {
		e := &c.entries[i]
		s := m.scopes[names[e.scope]]
		key := canonical(e.key)
		if opensScope(e.key) {
			s.line, s.value = key, strings.Join(strings.Fields(e.rest), " ")
			if s.kind == onPlugin {
				m.plugins = append(m.plugins, string(names[e.scope]))
			}
			continue
		}
		if key == "include_dir" || key == "retry_interval" {
			continue // what it brings in counts, not where from; and what does nothing
		}
		value := normal(e, v)
		s.defs[key] = e.def
		if e.def == nil || e.def.Many {
			s.values[key] = append(s.values[key], value)
		} else {
			s.values[key] = []string{value}
		}
	}
	for _, s := range m.scopes {
		for key, values := range s.values {
			if key == "log_type" || key == "log_dest" {
				s.values[key] = union(values)
			}
		}
	}
	return m
}

// union is what several lines of log_type or log_dest come to: none takes back what was said before.
func union(values []string) []string {
	none := len(values) - 1
	for none >= 0 && values[none] != "none" {
		none--
	}
	set := slices.Clone(values[none+1:])
	slices.Sort(set)
	return slices.Compact(set)
}

// normal is a value in one form.
func normal(e *entry, v Version) string {
	if e.def == nil {
		return e.Value
	}
	word := firstWord(e.rest)
	switch e.def.Type {
	case Bool:
		return strconv.FormatBool(word == "true" || word == "1")
	case Int:
		if n, ok := parseNumber(word, v); ok {
			return strconv.FormatInt(n, 10)
		}
	case Enum:
		return word
	case Words:
		return strings.Join(strings.Fields(e.rest), " ")
	}
	return e.Value
}

// holds are the values of a key in a scope, the default where nothing is said.
func (s *meant) holds(key string, d *Definition, m meaning, v Version) []string {
	if values, said := s.values[key]; said {
		return values
	}
	switch {
	case key == "log_type":
		return []string{"error", "information", "notice", "warning"}
	case key == "allow_anonymous" && m.local:
		return []string{"true"}
	case key == "local_cleansession":
		return s.holds("cleansession", lookup("cleansession"), m, v)
	case d != nil:
		if def := d.DefaultIn(v); def != nil {
			return []string{*def}
		}
	}
	return nil
}

func compareSetting(key string, name Scope, was, is *meant, a, b meaning, v Version, add func(Reason)) {
	d := is.defs[key]
	if d == nil {
		d = was.defs[key]
	}
	if slices.Equal(was.holds(key, d, a, v), is.holds(key, d, b, v)) {
		return
	}
	r := Reason{Key: key, Scope: name, Kind: EffectRestart, Why: "The broker reads " + key + " only when it starts."}
	switch {
	case d == nil:
		r.Key, _ = guess(key)
		r.Why = "The broker does not know " + shown(r.Key) + "."
	case d.place == onBridge && d.Live(v) && slices.Equal(is.holds("bridge_reload_type", lookup("bridge_reload_type"), b, v), []string{"lazy"}):
		r.Kind, r.Why = EffectReload, "The bridge takes "+key+" over when it connects the next time: its bridge_reload_type is lazy."
	case d.Live(v):
		r.Kind, r.Why = EffectReload, "The broker takes "+key+" over while it runs."
	}
	add(r)
}

// comeOrGone is the reason of a scope that only one side has.
func comeOrGone(name Scope, s *meant, v Version, come bool) Reason {
	r := Reason{Key: s.line, Scope: name, Kind: EffectRestart}
	switch {
	case s.kind == onListener && come:
		r.Why = "The broker opens listeners only when it starts."
	case s.kind == onListener:
		r.Why = "The broker closes listeners only when it stops."
	case s.kind == onPlugin && come:
		r.Why = "The broker loads plugins only when it starts."
	case s.kind == onPlugin:
		r.Why = "The broker lets go of plugins only when it stops."
	case !v.Before(v21()):
		r.Kind, r.Why = EffectReload, "The broker connects and disconnects bridges while it runs."
	default:
		r.Why = "mosquitto " + v.String() + " connects bridges only when it starts."
	}
	return r
}
