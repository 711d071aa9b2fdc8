// Package host changes the files of a broker that somebody else runs on the same host, and makes it use them: by a signal
// or a command, proven by a client that logs in, and undone when it does not work out. It is the attached broker's
// [broker.Site].
//
// Relative names in the configuration begin where the broker stands. On Linux that is asked of its process, when BunkerM
// starts; where it cannot be told (the process is not known, or of another user), the folder of the main file stands for
// it.
//
// The folders may be open to the broker's user, who must gain nothing by that: nothing but ordinary files is opened, no
// link is followed that was not there when the file was read, and a number in the process file gets a signal only when it
// is that of a mosquitto.
//
// It may import broker and fault.
package host
