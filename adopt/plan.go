package adopt

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

// Options say what is to be adopted.
type Options struct {
	Conf   string // the path of mosquitto.conf on its machine, absolute
	Root   string // a folder that stands for / there, with what was copied off that machine; empty: this machine
	Modern bool   // the broker is 2.1 or later
}

// Kind says what becomes of something.
type Kind string

// The kinds, from what matters most.
const (
	Refused Kind = "refused" // with this line Mosquitto does not start any more; it is left out
	Lost    Kind = "lost"    // it does not come over
	Manual  Kind = "manual"  // somebody has to do something
	Changed Kind = "changed" // it comes over in another way
)

// Note is something to be said about a line.
type Note struct {
	File string // empty: about the whole
	Line int    // from 1; 0: about the file
	Kind Kind
	Text string
}

// Copy is a file that comes over.
type Copy struct {
	From   string // on its machine
	To     string // in the broker's folder
	Secret bool   // a key
}

// Plan is what an adoption comes to. Nothing has been done for it.
type Plan struct {
	Conf      []byte // mosquitto.conf as it will be
	Access    []byte // dynamic-security.json as it will be
	Copies    []Copy
	Database  string // mosquitto.db on its machine; empty: there is none
	Listeners []string
	Ports     []int // on which the broker listens
	Clients   int
	Roles     int
	Groups    int
	Notes     []Note

	src source
}

// Read reads a configuration and whatever it names, and says what an adoption comes to.
func Read(o Options) (*Plan, error) {
	if !path.IsAbs(o.Conf) {
		return nil, fault.Newf(fault.Invalid, "%s is no absolute path", o.Conf).Hint("name mosquitto.conf by its whole path, as in /etc/mosquitto/mosquitto.conf")
	}
	src := source{root: o.Root, dir: path.Dir(o.Conf)}
	c, err := conf.Load(o.Conf, src)
	if err != nil {
		return nil, err
	}
	p := &Plan{src: src}
	w := &writer{plan: p, config: c, copied: map[string]string{}}
	w.write()
	access, err := readAccess(c, src, o.Modern)
	if err != nil {
		return nil, err
	}
	if err := access.put(p); err != nil {
		return nil, err
	}
	p.Conf = []byte(w.text(access.anonymous))
	p.findDatabase(c)
	return p, nil
}

func (p *Plan) note(s *conf.Setting, kind Kind, format string, args ...any) {
	n := Note{Kind: kind, Text: fmt.Sprintf(format, args...)}
	if s != nil {
		n.File, n.Line = s.File, s.Line
	}
	p.Notes = append(p.Notes, n)
}

// databaseName is what the broker calls its file unless told otherwise.
const databaseName = "mosquitto.db"

// findDatabase finds where the broker keeps what survives a restart.
func (p *Plan) findDatabase(c *conf.Config) {
	location, file, kept := "", databaseName, false
	var last conf.Setting
	for _, s := range c.Settings() {
		switch s.Key {
		case "persistence":
			kept, last = on(s.Value), s
		case "persistence_location":
			location = s.Value
		case "persistence_file":
			file = s.Value
		}
	}
	if !kept {
		p.note(nil, Changed, "The broker kept nothing over a restart. Now it does: retained messages, and sessions of those who want that.")
		return
	}
	p.Database = path.Join(location, file)
	if err := p.src.there(p.Database); err != nil {
		if p.src.root != "" {
			p.note(&last, Lost, "There is no %s, so no retained message and no session comes over.", p.Database)
			p.Database = ""
			return
		}
		p.note(&last, Changed, "There is no %s yet; a broker that runs writes it when it is stopped.", p.Database)
	}
}

// listenerLine is the line that makes a listener.
func listenerLine(l conf.Listener) string {
	if l.Port == 0 {
		return "listener 0 " + l.UnixPath
	}
	return strings.TrimSpace("listener " + strconv.Itoa(l.Port) + " " + l.Address)
}
