package nulls

import "math/rand/v2"

// Few makes one of a few values a minute.
type Few func(r *rand.Rand) func(i int) uint64

// Machines are the processes by which the detector of states is measured.
func Machines() map[string]Few {
	return map[string]Few{
		"always the same": func(*rand.Rand) func(int) uint64 { return func(int) uint64 { return 7 } },
		"any of eight":    func(r *rand.Rand) func(int) uint64 { return func(int) uint64 { return uint64(r.IntN(8)) } },
		"in a circle":     func(*rand.Rand) func(int) uint64 { return func(i int) uint64 { return uint64(i / 30 % 4) } },
		"any, some seldom": func(r *rand.Rand) func(int) uint64 {
			return func(int) uint64 { return uint64(min(9, r.ExpFloat64())) }
		},
		"idle, and jobs by chance": func(r *rand.Rand) func(int) uint64 {
			s := uint64(0)
			return func(int) uint64 {
				switch {
				case s == 0 && r.IntN(100) == 0:
					s = 1
				case s == 1 && r.IntN(3) == 0:
					s = 2 + uint64(r.IntN(2))
				case s > 1 && r.IntN(10) == 0:
					s = 0
				}
				return s
			}
		},
	}
}
