// Command image puts together the files of the container image that do not come from us: the broker, its plugin and
// the shared libraries that these need, taken from unpacked Debian packages of any architecture, with the copyright
// file and the control file of each package that something came from. Nothing of what it handles is run, so an image
// for ARM is made on any machine. Only the Dockerfile uses it.
//
// It may import nothing of ours.
package main
