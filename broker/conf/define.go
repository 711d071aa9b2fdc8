package conf

import (
	"math"
	"strconv"
)

// The words in which the catalogue is written.

// v21 is the version with the new plugins, and the one that reloads bridges.
func v21() Version { return Version{2, 1, 0} }

// any32 is the highest number where the broker knows no other limit: C's int.
const any32 = math.MaxInt32

type trait func(*Definition)

func define(d Definition, traits []trait) Definition {
	for _, t := range traits {
		t(&d)
	}
	return d
}

func boolean(key string, def bool, help string, traits ...trait) Definition {
	s := strconv.FormatBool(def)
	return define(Definition{Key: key, Type: Bool, Default: &s, Help: help}, traits)
}

func number(key string, lowest, highest, def int64, help string, traits ...trait) Definition {
	s := strconv.FormatInt(def, 10)
	return define(Definition{Key: key, Type: Int, Min: lowest, Max: highest, Default: &s, Help: help}, traits)
}

func text(key, help string, traits ...trait) Definition {
	return define(Definition{Key: key, Type: String, Help: help}, traits)
}

func words(key, help string, traits ...trait) Definition {
	return define(Definition{Key: key, Type: Words, Help: help}, traits)
}

// choice is one of several words; the first is the default.
func choice(key string, values []string, help string, traits ...trait) Definition {
	return define(Definition{Key: key, Type: Enum, Values: values, Default: &values[0], Help: help}, traits)
}

func byDefault(value string) trait { return func(d *Definition) { d.Default = &value } }
func noDefault(d *Definition)      { d.Default = nil }
func many(d *Definition)           { d.Many = true }
func secret(d *Definition)         { d.Secret = true }
func dangerous(d *Definition)      { d.Dangerous = true }
func once(d *Definition)           { d.once = true }
func again(d *Definition)          { d.again21 = true }
func live(d *Definition)           { d.live20, d.live21 = true, true }
func live21(d *Definition)         { d.live21 = true }
func since(v Version) trait        { return func(d *Definition) { d.Since = v } }
func names(kind PathKind) trait    { return func(d *Definition) { d.Path = kind } }

func deprecated(since Version, instead string) trait {
	return func(d *Definition) { d.Deprecated, d.DeprecatedBy = since, instead }
}

// rangeBefore is another range in versions before one.
func rangeBefore(v Version, lowest, highest int64) trait {
	return func(d *Definition) { d.old = &oldForm{before: v, min: lowest, max: highest, def: d.Default} }
}

// valuesBefore are other values in versions before one.
func valuesBefore(v Version, values ...string) trait {
	return func(d *Definition) { d.old = &oldForm{before: v, values: values, def: d.Default} }
}

// defaultBefore is another default in versions before one; it stands behind a range of its own.
func defaultBefore(v Version, def string) trait {
	return func(d *Definition) {
		if d.old == nil {
			d.old = &oldForm{before: v, min: d.Min, max: d.Max, values: d.Values}
		}
		d.old.def = &def
	}
}

// belong says where settings belong.
func belong(place string, all ...Definition) []Definition {
	for i := range all {
		all[i].place = place
		all[i].Scopes = []string{place}
		if place == onSecurity {
			all[i].Scopes = []string{onGlobal, onListener}
		}
	}
	return all
}
