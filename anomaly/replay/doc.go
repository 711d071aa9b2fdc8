// Package replay makes the traffic of a fleet of devices as a broker would see it over days, with what goes wrong written
// beside it, and judges by that what somebody has noticed. The same seed makes the same traffic.
//
// The devices do what devices do: temperatures follow the day and the weather, meters the working week, pumps run and rest,
// doors open when people come, machines say nothing between shifts; messages jitter, and one in two hundred is lost. Once the
// broker is restarted and everybody comes back, which is no fault of a device.
//
// It is part of the measuring bench, not of the program. It may import nothing of ours.
package replay
