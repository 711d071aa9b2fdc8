package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
)

// snapshot is the configuration as it lay on disk at one moment.
type snapshot struct {
	config *conf.Config
	texts  contents // every file that was read
	user   contents // those of them that may be changed here: what versions are made of
	hash   string   // of user; also the entity tag
}

// tag is the entity tag of the files that may be changed here.
func (n *snapshot) tag() string { return `"` + n.hash[:24] + `"` }

// recording reads through a site and keeps what it has read.
type recording struct {
	site  broker.Site
	texts contents
}

func (r *recording) ReadFile(name string) ([]byte, error) {
	text, err := r.site.ReadFile(name)
	if err == nil {
		r.texts[name] = text
	}
	return text, err
}

func (r *recording) List(dir string) ([]string, error) { return r.site.List(dir) }

// look reads the configuration as it is now.
func (s *Service) look() (*snapshot, error) {
	site, err := s.site()
	if err != nil {
		return nil, err
	}
	r := &recording{site, contents{}}
	c, err := conf.Load(site.MainConf(), r)
	if err != nil {
		return nil, err
	}
	n := &snapshot{config: c, texts: r.texts, user: contents{}}
	for name, text := range r.texts {
		if site.Writable(name) == nil {
			n.user[name] = text
		}
	}
	_, n.hash, err = n.user.encode()
	return n, err
}

// overlay is a configuration of which some files are others than on disk. Files in its folders that it does not have are
// not there: a version that knew fewer files is shown and applied as it was.
type overlay struct {
	site  broker.Site
	texts contents
}

func (o overlay) ReadFile(name string) ([]byte, error) {
	if text, ok := o.texts[name]; ok {
		if text == nil {
			return nil, fmt.Errorf("reading %s: %w", name, fs.ErrNotExist)
		}
		return text, nil
	}
	if o.site.Writable(name) == nil {
		return nil, fmt.Errorf("reading %s: %w", name, fs.ErrNotExist)
	}
	return o.site.ReadFile(name)
}

func (o overlay) List(dir string) ([]string, error) {
	var names []string
	onDisk, err := o.site.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, name := range onDisk {
		if o.site.Writable(path.Join(dir, name)) != nil {
			names = append(names, name)
		}
	}
	missing := err != nil
	for name, text := range o.texts {
		if text != nil && path.Dir(name) == path.Clean(dir) && strings.HasSuffix(name, ".conf") && o.site.Writable(name) == nil {
			names = append(names, path.Base(name))
			missing = false
		}
	}
	if missing {
		return nil, err
	}
	return names, nil
}

// load is a configuration of which the files that may be changed here are these.
func (s *Service) load(user contents) (*conf.Config, error) {
	site, err := s.site()
	if err != nil {
		return nil, err
	}
	return conf.Load(site.MainConf(), overlay{site, user})
}

// brokerVersion is that of the broker that the files are for, as in 2.0.11; empty where it is unknown.
func (s *Service) brokerVersion() string {
	if s.o.Site == nil {
		return ""
	}
	return s.o.Site.Version()
}

// confVersion is the broker's version for the catalogue. Where it is unknown, the oldest that we support: what that takes,
// every other one takes too.
func (s *Service) confVersion() conf.Version {
	if v, ok := conf.ParseVersion(s.brokerVersion()); ok {
		return v
	}
	return conf.Version{Major: 2}
}

// noticed makes a version of files that somebody else has changed, or that nobody has looked at yet. Whoever calls it
// holds the changes.
func (s *Service) noticed(ctx context.Context, now *snapshot) (live row, err error) {
	last, there, err := s.newest(ctx, fileBroker)
	if err != nil {
		return row{}, err
	}
	if there && last.hash == now.hash {
		return last, nil
	}
	r := row{ConfVersion: ConfVersion{File: fileBroker, Source: sourceStart, State: stateApplied}}
	if there {
		r.Source, r.previous = sourceOutside, last.ID
		if _, before, err := s.version(ctx, last.ID); err == nil {
			if c, err := s.load(before); err == nil {
				r.Added, r.Removed = lines(conf.Diff(c, now.config))
			}
		}
	}
	id, err := s.keep(ctx, r, now.user)
	if err != nil {
		return row{}, err
	}
	if there {
		s.o.Record(ctx, "config.changed_outside", "mosquitto.conf", nil, map[string]any{"version": id})
		s.events.add("changed", ChangedEvent{File: fileBroker, Outside: true, Version: id})
	}
	r.ID, r.hash = id, now.hash
	return r, nil
}

// lines counts the lines that a diff adds and removes.
func lines(diff []conf.FileDiff) (added, removed int) {
	for _, f := range diff {
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				switch l.Op {
				case conf.LineAdded:
					added++
				case conf.LineRemoved:
					removed++
				}
			}
		}
	}
	return added, removed
}
