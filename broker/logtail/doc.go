// Package logtail follows a broker's log files by name: through rotation by rename and by truncation, over half-written
// lines, and from where it stopped the last time. It also reads backwards for those who search.
//
// # Exactly once
//
// A position names the file, the place in it, and a fingerprint of what stands before that place. The fingerprint is
// what counts: it finds the place again in a file that was renamed, copied or compressed meanwhile, and notices an
// inode that belongs to another file by now, or a file that was truncated and has grown again. So every line of a log
// that is rotated by rename is passed on once, in order, whatever happened to us in between.
//
// A file is left for the next one only after the next one holds something and the old one was read to its end once
// more: a broker writes to one file at a time, so nothing can come behind that.
//
// # What truncation can lose
//
// Who rotates by copying and truncating (logrotate's copytruncate) throws away what the broker writes between the copy
// and the truncation, and we cannot know whether that was something. What was not read before the truncation is read
// from the copy, as long as the copy lies beside the file and its name begins with the file's; what is in neither is
// lost. So each truncation is told as a Gap.
//
// # When the place cannot be found
//
// Then the files that held it are gone. Follow says so by a Gap and goes on with the oldest line there is that is
// provably newer than the last one it passed on: in files modified later than that line's time, the first line with a
// later time. Lines without a time stamp are taken as soon as their file is. Better a line too few, which is told, than
// one twice.
//
// The package may import broker, broker/keeper and fault.
package logtail
