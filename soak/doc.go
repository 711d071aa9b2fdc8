// Command soak lets a BunkerM live through bad days in a row and says which of its promises it broke.
//
//	make soak                    15 minutes
//	make soak SOAK=2h            any other length
//	make soak RACE=1             a program that was built with the race detector
//	make soak MOSQUITTO=path     another broker, as make test takes it
//	make soak SOAK_ARGS=-help    what else can be chosen
//
// It runs the real binary with a real mosquitto on loopback, in a folder of its own, and restarts it as a service manager
// would. Meanwhile
//
//   - a crowd of 2,000 clients connects, publishes with QoS 0 and 1, leaves politely or not, and takes its own sessions over;
//   - clients, roles, groups, rights, settings and the broker's configuration are changed through the API, and clients are made
//     on the page by a headless Chromium;
//   - the broker, the keeper and BunkerM are killed with -9, the disk is full, and the clock jumps by up to a day.
//
// One such trouble follows the other, at random times and in an order that -seed repeats. BunkerM itself is killed in the first
// half alone, so that one process lives through the second half: what it leaks shows there.
//
// # What is held against it
//
//   - Every change that was acknowledged is there, once while it still runs and once more after everything has been started
//     anew. A change whose answer was lost may have been made or not.
//   - Every connection that the broker acknowledged is one event, and its end another, told once: stored, or counted as dropped.
//     The broker's lines pass through the keeper, so those of the moments around the keeper's death are in nobody's hands; how
//     many connections fell there is told.
//   - Four readers follow the events as they happen, one of them slowly. They hang up now and then, and go on behind the last event
//     that they have got: each of those events is streamed to each of them, once.
//   - Memory, mapped files left out, does not grow over the second half: the median of its last third is at most a tenth and
//     12 MiB above that of its first third. That holds for BunkerM, the keeper, the broker, and the page, which stays loaded.
//     BunkerM may come as near as it likes to the limit that it sets for itself (go_gc_gomemlimit_bytes, and 12 MiB for the
//     database): below it Go lets lie what nobody uses any more.
//     Runs of less than four minutes are too short to tell.
//   - Files stay small: the database grows by what was recorded, at most 2 KiB for each row; its write-ahead log, the broker's
//     log and the rest are bounded.
//   - When the crowd is gone, goroutines and open files are back where they were before it came.
//   - The audit's chain is whole, BunkerM does not panic, and logs no error but while there is trouble.
//
// # What it needs
//
// Linux, for it looks into /proc. The small disk is a tmpfs of 1.5 GiB, which only root may mount, and which takes that much
// memory while it is full. The clock jumps for the three processes alone and without their help: on amd64 the
// functions by which programs read the time are code that the kernel maps into every process, and a parent may write there. A
// trouble that cannot be made is named in the report as left out.
//
// Everything that it starts it ends by process id, after Ctrl-C too. The folder goes unless a promise was broken.
//
// The program imports none of our rooms: it knows BunkerM as its users do, by its commands, its API and its page.
package main
