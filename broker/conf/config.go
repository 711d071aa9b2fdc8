package conf

import "maps"

// Source reads the files of a configuration. Names are as the configuration has them: relative to the broker's working
// directory, as in mosquitto.conf and conf.d/a.conf, or absolute. Errors wrap fs.ErrNotExist where there is none.
type Source interface {
	ReadFile(name string) ([]byte, error)
	// List returns the names, without folders, of the files *.conf in a folder, in any order.
	List(dir string) ([]string, error)
}

// Config is the main file and the files of its include_dir lines. It never changes: what changes something returns
// another one. Many goroutines may use it at once.
type Config struct {
	src       Source
	files     []*File // the main file first
	entries   []entry // in reading order
	scopes    []scope // the global one first
	settings  []Setting
	listeners []Listener
	bridges   []Bridge
	problems  []Problem // of loading: a folder that is missing
	overrides map[string][]byte
}

// Load reads the main file and whatever it includes. A main file that cannot be read is a fault; a folder or an included
// file that cannot be read is a problem that [Config.Check] tells.
func Load(main string, src Source) (*Config, error) { return load(main, src, nil) }

// WithText is the configuration with another text in one of its files. What the files include is looked up again.
func (c *Config) WithText(name string, text []byte) (*Config, error) {
	return c.withTexts(map[string][]byte{name: text})
}

func (c *Config) withTexts(texts map[string][]byte) (*Config, error) {
	all := maps.Clone(c.overrides)
	if all == nil {
		all = map[string][]byte{}
	}
	maps.Copy(all, texts)
	return load(c.files[0].Name, c.src, all)
}

// Files are the files in the order in which the broker begins to read them, the main file first.
func (c *Config) Files() []*File { return c.files }

// File is the file of that name, or nil.
func (c *Config) File(name string) *File {
	for _, f := range c.files {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Settings are the lines that set something, in the order in which the broker reads them.
func (c *Config) Settings() []Setting { return c.settings }

// Listeners are the places where clients connect, the default listener of port and bind_address included.
func (c *Config) Listeners() []Listener { return c.listeners }

// Bridges are the connections to other brokers.
func (c *Config) Bridges() []Bridge { return c.bridges }
