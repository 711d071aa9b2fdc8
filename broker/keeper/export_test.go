package keeper

// NoteBroker lets a test leave word of a broker as a keeper does that dies.
var NoteBroker = noteBroker

// Alive reports whether a process lives; one that only waits to be collected does not.
func Alive(pid int) bool {
	_, ok := identity(pid)
	return ok
}
