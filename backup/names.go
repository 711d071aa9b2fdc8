package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// The names in the data directory that this room knows.
const (
	databaseName = "bunkerm.db"
	brokerDir    = "broker"
	dynsecName   = "dynamic-security.json" // in brokerDir
	// Dir is where the nightly backups are.
	Dir = "backups"
)

// singleFiles are the files at the top of the data directory that belong to an installation, besides the database.
func singleFiles() []string {
	return []string{"api-key", "broker-account.json", "adopt.json", "anomaly.snapshot"}
}

// folders are those that belong to it as a whole.
func folders() []string { return []string{brokerDir, "certs"} }

// belongs tells whether a name can be one of an installation's: what an archive says is not believed.
func belongs(name string) bool {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") || passing(name) {
		return false
	}
	top, inside, _ := strings.Cut(name, "/")
	if inside == "" {
		return name == databaseName || slices.Contains(singleFiles(), name)
	}
	return slices.Contains(folders(), top)
}

// passing tells of names whose files are made anew at each start, or are being written.
func passing(name string) bool {
	return name == brokerDir+"/bunkerm.d" || strings.HasPrefix(name, brokerDir+"/bunkerm.d/") ||
		strings.HasPrefix(path.Base(name), ".bunkerm-") || name == brokerDir+"/mosquitto.db.new"
}

// collect lists the files of an installation, without the database.
func collect(root *os.Root) ([]string, error) {
	var all []string
	for _, name := range singleFiles() {
		info, err := root.Lstat(name)
		if err == nil && info.Mode().IsRegular() {
			all = append(all, name)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("looking for %s: %w", name, err)
		}
	}
	for _, folder := range folders() {
		err := fs.WalkDir(root.FS(), folder, func(name string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil // there is none, or it has gone meanwhile
			case err != nil:
				return err
			case d.IsDir() && passing(name):
				return fs.SkipDir
			case d.Type().IsRegular() && belongs(name): // no links, sockets and pipes
				all = append(all, name)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", folder, err)
		}
	}
	if len(all) > mostFiles {
		return nil, fmt.Errorf("there are %d files, more than %d", len(all), mostFiles)
	}
	return all, nil
}
