// Package keeper is the small process that owns the managed broker: it starts Mosquitto, drains its log into
// bounded files without ever making it wait, restarts it when it crashes, and lives on when the main process is
// upgraded, killed or stopped. When the keeper itself ends, the broker ends with it.
//
// The keeper is the same binary, started by Spawn as `bunkerm keeper SPEC.json`; cmd hands that subcommand to
// Main. The main process talks to it through Client over a unix socket (mode 0600) in JSON lines; Connect adopts
// a keeper that a former main process left behind.
//
// # The log
//
// The broker's lines go to LogDir/broker.log, older ones to broker.log.1, broker.log.2 and so on; the files are
// renamed, never truncated. A line is
//
//	2026-11-23T20:46:11.042Z New connection from 127.0.0.1:50516 on port 1883.
//
// which is the time at which the keeper read it (RFC 3339, UTC, milliseconds, always 24 bytes; up to 20 ms after it was
// printed, where much is), one space, and the broker's line byte for byte. The broker's own time stamps are therefore
// turned off (log_timestamp false). Where an exclamation mark stands instead of the space, the line is the keeper's own:
// the broker started or ended, or so many lines were lost. No device can forge such a line, because everything that the
// broker prints comes after a space. ParseLine reads both. Lines of debug about what is delivered to BunkerM's own
// sessions are left out.
//
// # Which configuration runs
//
// What a person orders (Start, Restart, Reload) uses the live files. What the keeper does by itself, after a crash,
// uses the live files only while they equal those that were last proven (Prove); otherwise it starts the proven
// copy and says so, because an edit that nobody has approved may lie on disk. Proven are the configuration file and
// the *.conf files of its include_dir folders; files that these name, such as certificates and the dynamic
// security file, are always the live ones.
//
// # Platforms
//
// On Linux the kernel sends the broker SIGTERM when the keeper dies in any way, so it still saves its database. (In
// the last instant of its start it misses the signal; SIGKILL would always work and always lose the database.)
// macOS has nothing like that: there a broker whose keeper was killed with -9 stays, with its log going nowhere,
// until the next keeper starts. On both, a new keeper first ends the broker that a dead keeper left, which it
// recognises by the process id and start time that are noted beside the socket.
//
// The package may import fault and nothing else of ours.
package keeper
