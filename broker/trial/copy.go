package trial

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// The names in the scratch folder.
const (
	mainName   = "tried.conf"
	dynsecName = "tried-dynsec.json"
	aclSample  = `{"defaultACLAccess":{},"clients":[],"groups":[],"roles":[]}` + "\n"
)

// copied is a configuration that can harm nothing.
type copied struct {
	files   map[string][]byte // by name in the scratch folder
	names   map[string]string // of the user's files, by what the program calls them
	back    []replacement     // what the user wrote, for what stands in its place
	skipped []string
	tcp     bool // it has a listener with a port
}

// replacement is a value in the copy and the one that the user wrote.
type replacement struct{ tried, written string }

// rewriter makes the copy line by line, so that line numbers stay.
type rewriter struct {
	o       Options
	scratch string
	ports   func() int
	out     copied
	sockets int
	foreign bool // the plugin whose options follow is left out
}

// sanitise makes the copy. The program stands in the same folder as the broker that serves, so that names mean the same;
// scratch is the way from there to the copy. ports gives a free port each time.
func sanitise(c *conf.Config, o Options, scratch string, ports func() int) copied {
	r := &rewriter{o: o, scratch: scratch, ports: ports, out: copied{files: map[string][]byte{}, names: map[string]string{}}}
	settings := map[string]map[int]conf.Setting{}
	for _, s := range c.Settings() {
		if settings[s.File] == nil {
			settings[s.File] = map[int]conf.Setting{}
		}
		settings[s.File][s.Line] = s
	}
	paths := map[string]map[int]conf.Path{}
	for _, p := range c.Paths() {
		if paths[p.File] == nil {
			paths[p.File] = map[int]conf.Path{}
		}
		paths[p.File][p.Line] = p
	}
	folders := map[string]string{}
	for i, f := range c.Files() {
		name := mainName
		if i > 0 {
			dir := filepath.Dir(f.Name)
			if folders[dir] == "" {
				folders[dir] = "included-" + strconv.Itoa(len(folders))
			}
			name = filepath.Join(folders[dir], filepath.Base(f.Name))
		}
		r.out.names[filepath.Join(scratch, name)] = f.Name
		r.foreign = false
		lines := strings.Split(string(f.Bytes()), "\n")
		for n := range lines {
			s, set := settings[f.Name][n+1]
			if !set {
				continue
			}
			p, named := paths[f.Name][n+1]
			if !named {
				p.Value = ""
			}
			lines[n] = r.line(s, p, lines[n])
		}
		r.out.files[name] = []byte(strings.Join(lines, "\n"))
	}
	// The folders are known only now: an include_dir line stands before the files that it brings.
	main := strings.Split(string(r.out.files[mainName]), "\n")
	for n := range main {
		if s, set := settings[c.Files()[0].Name][n+1]; set && s.Key == "include_dir" {
			main[n] = ""
			if folder := folders[filepath.Clean(s.Value)]; folder != "" {
				main[n] = "include_dir " + filepath.Join(scratch, folder)
			}
		}
	}
	r.out.files[mainName] = []byte(strings.Join(main, "\n"))
	r.out.files[dynsecName] = []byte(aclSample)
	return r.out
}

// removed are settings that reach out of the copy or into the way of the broker that serves, and that the program needs
// for nothing.
func removed(key string) bool {
	switch key {
	case "user", "pid_file", "log_dest", "log_facility", "log_timestamp", "log_timestamp_format", "log_type",
		"persistence_file", "persistence_location", "bind_interface", "socket_domain", "bridge_bind_address":
		return true
	}
	return false
}

// line is what stands in the copy for a line that sets something.
func (r *rewriter) line(s conf.Setting, p conf.Path, text string) string {
	end := ""
	if strings.HasSuffix(text, "\r") {
		end = "\r"
	}
	switch {
	case removed(s.Key):
		return end
	case strings.HasPrefix(s.Key, "plugin_opt_"), strings.HasPrefix(s.Key, "auth_opt_"):
		return r.option(s) + end
	}
	switch s.Key {
	case "plugin", "auth_plugin", "global_plugin", "plugin_load", "plugin_use":
		return r.plugin(s, text)
	case "listener":
		return r.listener(s) + end
	case "port":
		r.out.tcp = true
		return r.replace(s.Key, s.Value, strconv.Itoa(r.port(s.Value))) + end
	case "bind_address":
		return r.replace(s.Key, s.Value, "127.0.0.1") + end
	case "address", "addresses":
		if s.Value == "" {
			return text
		}
		return r.replace(s.Key, s.Value, "127.0.0.1:1") + end // where nobody listens
	case "persistence":
		if s.Value == "true" || s.Value == "1" {
			return r.replace(s.Key, s.Value, "false") + end // it would empty the database of the broker that serves
		}
	case "include_dir":
		return text // see sanitise
	}
	switch p.Kind {
	case conf.WritesTo, conf.WritesDir, conf.RunsFile:
		r.skip(s)
		return end
	}
	return text
}

// port is a free one for a port that a broker could have; what is none is left for the program to refuse.
func (r *rewriter) port(written string) int {
	n, err := strconv.Atoi(written)
	if err != nil || n < 1 || n > 65535 {
		return n
	}
	return r.ports()
}

func (r *rewriter) listener(s conf.Setting) string {
	words := strings.Fields(s.Value)
	switch {
	case len(words) == 0:
		return s.Key
	case words[0] == "0" && len(words) > 1:
		r.sockets++
		return r.replace(s.Key, s.Value, "0 "+filepath.Join(r.scratch, "tried-"+strconv.Itoa(r.sockets)+".sock"))
	}
	n, err := strconv.Atoi(words[0])
	if err != nil || n < 1 || n > 65535 {
		return s.Key + " " + words[0]
	}
	r.out.tcp = true
	return r.replace(s.Key, s.Value, strconv.Itoa(r.ports())+" 127.0.0.1")
}

// plugin leaves every plugin out but our own.
func (r *rewriter) plugin(s conf.Setting, text string) string {
	ours := r.o.Plugin != "" && s.Value == r.o.Plugin
	r.foreign = !ours
	if ours {
		return text
	}
	r.skip(s)
	return ""
}

// option keeps the one option of our plugin, with a file of its own.
func (r *rewriter) option(s conf.Setting) string {
	if r.foreign {
		return ""
	}
	if s.Key == "plugin_opt_config_file" {
		return r.replace(s.Key, s.Value, filepath.Join(r.scratch, dynsecName))
	}
	return ""
}

func (r *rewriter) skip(s conf.Setting) {
	r.out.skipped = append(r.out.skipped, s.Key+" in "+s.File+":"+strconv.Itoa(s.Line))
}

// replace writes a line with another value and remembers the one that was there.
func (r *rewriter) replace(key, written, tried string) string {
	if written != tried {
		r.out.back = append(r.out.back, replacement{tried, written})
	}
	return key + " " + tried
}
