//go:build linux && (386 || arm)

package keeper

import "golang.org/x/sys/unix"

// setgroups is the number of the system call that takes groups of 32 bits.
const setgroups = unix.SYS_SETGROUPS32
