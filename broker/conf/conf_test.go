package conf_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

const main = "mosquitto.conf"

// disk is a configuration in memory: texts by name.
type disk map[string]string

func (d disk) ReadFile(name string) ([]byte, error) {
	text, ok := d[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

func (d disk) List(dir string) ([]string, error) {
	var names []string
	there := false
	for name := range d {
		if path.Dir(name) == path.Clean(dir) {
			there = true
			if strings.HasSuffix(name, ".conf") {
				names = append(names, path.Base(name))
			}
		}
	}
	if !there {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: fs.ErrNotExist}
	}
	return names, nil
}

// load reads a configuration of one file, or with more than that, of names and texts.
func load(t testing.TB, text string, more ...string) *conf.Config {
	t.Helper()
	d := disk{main: text}
	for i := 0; i < len(more); i += 2 {
		d[more[i]] = more[i+1]
	}
	c, err := conf.Load(main, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func text(t testing.TB, c *conf.Config, name string) string {
	t.Helper()
	f := c.File(name)
	if f == nil {
		t.Fatalf("there is no %s", name)
	}
	return string(f.Bytes())
}

func version(t testing.TB, s string) conf.Version {
	t.Helper()
	v, ok := conf.ParseVersion(s)
	if !ok {
		t.Fatalf("%q is no version", s)
	}
	return v
}

// fields are the places of a fault of kind Invalid, with what is wrong there.
func fields(t testing.TB, err error) map[string]string {
	t.Helper()
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("want a fault of kind Invalid, got %v", err)
	}
	all := map[string]string{}
	for _, f := range fault.From(err).Fields {
		all[f.Location] = f.Message
	}
	return all
}

// debianExample is the configuration that Debian's package ships as an example. It is not ours, so it is read from there.
func debianExample(t testing.TB) string {
	t.Helper()
	for _, name := range []string{
		"/usr/share/doc/mosquitto/examples/mosquitto.conf", "/usr/share/doc/mosquitto/examples/mosquitto.conf.gz",
		"/etc/mosquitto/mosquitto.conf.example",
	} {
		if text, err := os.ReadFile(name); err == nil && !strings.HasSuffix(name, ".gz") {
			return string(text)
		}
	}
	t.Fatal("mosquitto's example configuration is not on this machine: install Debian's package mosquitto, and let it install " +
		"its documentation (/usr/share/doc/mosquitto/examples/mosquitto.conf)")
	return ""
}

// examples are the configurations of testdata by name, and Debian's. A folder is a configuration of several files.
func examples(t testing.TB) map[string]disk {
	t.Helper()
	all := map[string]disk{"debian": {main: debianExample(t)}}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "fuzz" {
			continue
		}
		d := disk{}
		root := filepath.Join("testdata", e.Name())
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			rel, relErr := filepath.Rel(root, name)
			if relErr != nil {
				return relErr
			}
			d[filepath.ToSlash(rel)] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = d
	}
	if len(all) != 11 {
		t.Fatalf("there are %d examples, want 11", len(all))
	}
	return all
}
