// Package backup keeps everything of an installation in one file and brings it back: the database, the broker's folder,
// certificates and keys. It makes such a file every night and keeps the latest.
//
// The file is a tar archive, compressed with gzip and, where there is a passphrase, sealed with age: ordinary tools open it. Its
// first entry says which format it has, its last one lists all others with size and SHA-256. Nothing is restored before
// all of that has been compared.
//
// It may import fault. How the database is copied and the broker told to write its own is handed in.
package backup
