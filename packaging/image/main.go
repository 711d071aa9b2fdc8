package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: image PACKAGES ROOT FILE...\n\nPACKAGES holds one folder for each package, as dpkg-deb -R unpacks it.")
		os.Exit(2)
	}
	a := assembly{packages: os.Args[1], root: os.Args[2], done: map[string]bool{}}
	if err := a.assemble(os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// assembly copies files out of unpacked packages. All paths within it are relative to the root of the file system, as
// in usr/sbin/mosquitto.
type assembly struct {
	packages, root string
	done           map[string]bool // files and packages that were copied
}

// assemble copies the files that the patterns match, and what they need.
func (a *assembly) assemble(patterns []string) error {
	for _, pattern := range patterns {
		found, err := a.match(pattern)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("no package has %s", pattern)
		}
		for _, name := range found {
			if err := a.take(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// match returns the paths that a pattern matches in any package.
func (a *assembly) match(pattern string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(a.packages, "*", pattern))
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", pattern, err)
	}
	var names []string
	for _, f := range found {
		rel, err := filepath.Rel(a.packages, f)
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", pattern, err)
		}
		_, name, _ := strings.Cut(filepath.ToSlash(rel), "/")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// take copies one file or link, what it points to or needs, and the papers of its package.
func (a *assembly) take(name string) error {
	if a.done[name] {
		return nil
	}
	a.done[name] = true
	found, err := filepath.Glob(filepath.Join(a.packages, "*", name))
	if err != nil || len(found) == 0 {
		return errors.Join(fmt.Errorf("no package has %s", name), err)
	}
	from := found[0]
	rel, err := filepath.Rel(a.packages, from)
	if err != nil {
		return fmt.Errorf("copying %s: %w", name, err)
	}
	owner, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	if err := a.papers(owner); err != nil {
		return err
	}
	info, err := os.Lstat(from)
	if err != nil {
		return fmt.Errorf("copying %s: %w", name, err)
	}
	to := filepath.Join(a.root, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("copying %s: %w", name, err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err == nil {
			err = os.Symlink(target, to)
		}
		if err != nil {
			return fmt.Errorf("copying %s: %w", name, err)
		}
		if !path.IsAbs(target) {
			target = path.Join("/", path.Dir(name), target)
		}
		return a.take(merged(target))
	}
	if err := copyFile(from, to, info.Mode().Perm()); err != nil {
		return fmt.Errorf("copying %s: %w", name, err)
	}
	return a.needs(from)
}

// needs takes the loader and the libraries that a program or library names.
func (a *assembly) needs(from string) error {
	f, err := elf.Open(from)
	if err != nil {
		if _, ok := errors.AsType[*elf.FormatError](err); ok {
			return nil // not a program
		}
		return fmt.Errorf("reading %s: %w", from, err)
	}
	defer func() { _ = f.Close() }() // only read
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		text := make([]byte, p.Filesz)
		if _, err := p.ReadAt(text, 0); err != nil {
			return fmt.Errorf("reading which loader %s needs: %w", from, err)
		}
		if err := a.take(merged(strings.TrimRight(string(text), "\x00"))); err != nil {
			return err
		}
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("reading which libraries %s needs: %w", from, err)
	}
	for _, library := range libraries {
		found, err := a.match(path.Join("usr/lib/*-linux-gnu*", library))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			if found, err = a.match(path.Join("usr/lib*", library)); err != nil {
				return err
			}
		}
		if len(found) == 0 {
			return fmt.Errorf("%s needs %s, which no package has", from, library)
		}
		if err := a.take(found[0]); err != nil {
			return err
		}
	}
	return nil
}

// papers copies what licences ask for, and what tells scanners which package is in the image: a control file below
// /var/lib/dpkg/status.d, where they look in images without dpkg.
func (a *assembly) papers(owner string) error {
	if a.done["package "+owner] {
		return nil
	}
	a.done["package "+owner] = true
	control := filepath.Join(a.packages, owner, "DEBIAN", "control")
	to := filepath.Join(a.root, "var/lib/dpkg/status.d", owner)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("keeping the papers of %s: %w", owner, err)
	}
	if err := copyFile(control, to, 0o644); err != nil {
		return fmt.Errorf("keeping the papers of %s: %w", owner, err)
	}
	found, err := a.match(path.Join("usr/share/doc", owner, "copyright"))
	if err != nil || len(found) == 0 {
		return err
	}
	return a.take(found[0])
}

// merged is a path as packages have it since /bin, /lib and /lib64 are links into /usr.
func merged(name string) string {
	name = strings.TrimPrefix(path.Clean(name), "/")
	for _, dir := range []string{"bin/", "sbin/", "lib/", "lib64/"} {
		if strings.HasPrefix(name, dir) {
			return "usr/" + name
		}
	}
	return name
}

func copyFile(from, to string, mode fs.FileMode) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, mode)
}
