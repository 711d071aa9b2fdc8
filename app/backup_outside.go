package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// confFolder reads the managed broker's configuration where BunkerM itself may not run.
type confFolder string

// ReadFile implements conf.Source.
func (dir confFolder) ReadFile(name string) ([]byte, error) { return os.ReadFile(dir.at(name)) }

// List implements conf.Source.
func (dir confFolder) List(name string) ([]string, error) {
	entries, err := os.ReadDir(dir.at(name))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".conf") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (dir confFolder) at(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(string(dir), name)
}

// outsideFiles are the files and folders that the managed broker's configuration names and that are not in the data directory, so that no
// backup has them: certificates of somebody else, a database elsewhere. A configuration that cannot be read names none.
func outsideFiles(dataDir string) []string {
	dir := confFolder(filepath.Join(dataDir, "broker"))
	c, err := conf.Load("mosquitto.conf", dir)
	if err != nil {
		return nil
	}
	var all []string
	for _, p := range c.Paths() {
		kept := p.Kind == conf.ReadsFile || p.Kind == conf.ReadsDir || strings.HasPrefix(p.Key, "persistence_")
		at := dir.at(p.Value)
		if inside, err := filepath.Rel(string(dir), at); kept && (err != nil || inside == ".." || strings.HasPrefix(inside, "../")) {
			all = append(all, at)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
