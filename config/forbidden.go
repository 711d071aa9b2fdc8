package config

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// forbidden finds what a change adds that runs code or reaches files elsewhere. Writing the configuration is as powerful
// as the broker's user: a plugin is code, http_dir over our data would serve our secrets, a log destination can overwrite
// a database. So these come from whoever started BunkerM, not over HTTP. What the file has already may stay.
func (s *Service) forbidden(before, after *conf.Config) []conf.Problem {
	if s.o.Dangerous {
		return nil
	}
	had := map[[2]string]int{}
	for _, set := range before.Settings() {
		had[[2]string{set.Key, set.Value}]++
	}
	paths := map[[2]string]conf.Path{}
	for _, p := range after.Paths() {
		paths[[2]string{p.File, strconv.Itoa(p.Line)}] = p
	}
	var problems []conf.Problem
	for _, set := range after.Settings() {
		if had[[2]string{set.Key, set.Value}] > 0 {
			had[[2]string{set.Key, set.Value}]--
			continue
		}
		at := conf.Problem{File: set.File, Line: set.Line, Severity: conf.Error, Key: set.Key}
		path, names := paths[[2]string{set.File, strconv.Itoa(set.Line)}]
		switch {
		case dangerous(set.Key):
			at.Message = fmt.Sprintf("%s cannot be set through BunkerM, because with it the broker can run code or reach files of others", set.Key)
			at.Hint = "write it into the file on the host, or start BunkerM with --allow-dangerous-settings"
		case names && !s.mayName(path.Value):
			at.Message = fmt.Sprintf("%s names a path outside of the broker's folder", set.Key)
			at.Hint = "use a path in the broker's folder, or start BunkerM with --broker-paths, or with --allow-dangerous-settings"
			if s.o.PathsAlone {
				at.Message = fmt.Sprintf("%s names a path in none of the folders that BunkerM may use", set.Key)
				at.Hint = "write it into the file on the host, or start BunkerM with --broker-paths, or with --allow-dangerous-settings"
			}
		default:
			continue
		}
		problems = append(problems, at)
	}
	return problems
}

func dangerous(key string) bool {
	d, _ := conf.Lookup(key)
	return d.Dangerous
}

// mayName tells whether a path lies in the broker's folder or one of --broker-paths, links followed as far as they are
// there already.
func (s *Service) mayName(path string) bool {
	path = resolved(s.absolute(path))
	own := []string{s.o.BrokerDir}
	if s.o.PathsAlone {
		own = nil
	}
	for _, dir := range append(own, s.o.Paths...) {
		if dir == "" {
			continue
		}
		rel, err := filepath.Rel(resolved(dir), path)
		if err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// absolute is a path of the configuration as seen from anywhere.
func (s *Service) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.o.BrokerDir, path)
}

// resolved follows links in the part of a path that exists.
func resolved(path string) string {
	path = filepath.Clean(path)
	rest := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if found, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(found, rest)
		}
		if dir == filepath.Dir(dir) {
			return path
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}
