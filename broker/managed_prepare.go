package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// What is kept of the broker's log: about 200 MiB, which is a month of a quiet house and some hours of a very loud one.
// Who follows the log removes what is older than a week (logtail.Options.KeepFor).
const (
	logFileBytes = 16 << 20
	logFiles     = 13
)

// stopTimeout is how long the broker may take to save its database before it is killed.
const stopTimeout = 20 * time.Second

// prepareConf writes the user's mosquitto.conf at a first start and checks it at every later one. It returns the
// file's TCP listeners. first is for the start of BunkerM, when the file is compared with --mqtt-listen.
func (m *Managed) prepareConf(first bool) ([]listener, error) {
	conf, _, err := m.files.read(confName)
	if errors.Is(err, fs.ErrNotExist) {
		l, err := m.firstListener()
		if err != nil {
			return nil, err
		}
		conf = renderConf(l)
		if err := m.files.write(confName, conf, nil); err != nil {
			return nil, m.at.notWritable(err)
		}
	} else if err != nil {
		return nil, err
	}
	if err := checkInclude(conf, m.at.broker); err != nil {
		return nil, err
	}
	all, err := m.listeners(conf)
	if err != nil {
		return nil, err
	}
	if !first {
		return all, nil
	}
	return all, checkListen(m.o.MQTTListen, all, filepath.Join(m.at.broker, confName))
}

// firstListener is where the broker listens when nobody has said so in a file yet.
func (m *Managed) firstListener() (listener, error) {
	if m.o.MQTTListen != "" {
		l, err := parseListen(m.o.MQTTListen)
		if err == nil && l.Port == 0 {
			return l.choosePort()
		}
		return l, err
	}
	usual, other := listener{Port: 1883, Protocol: "mqtt"}, listener{Port: 1900, Protocol: "mqtt"}
	if !usual.taken() {
		return usual, nil
	}
	if other.taken() {
		return listener{}, fault.Newf(fault.Unavailable, "the ports 1883 and 1900 are taken by %s and %s",
			holderOf(1883), holderOf(1900)).Hint("name a free one with --mqtt-listen, or :0 to have one chosen")
	}
	return other, nil
}

// listeners reads the configuration file and the folders that it includes.
func (m *Managed) listeners(conf []byte) ([]listener, error) {
	parts, err := m.parts(conf)
	if err != nil {
		return nil, err
	}
	var all []listener
	for _, p := range parts {
		if err := checkPerListener(p.text, filepath.Join(m.at.broker, p.name)); err != nil {
			return nil, err
		}
		all = append(all, listenersIn(p.text)...)
	}
	return all, nil
}

// confPart is one file of the configuration, by its name in the broker's directory.
type confPart struct {
	name string
	text []byte
}

// parts are the configuration file and what it includes, in the order in which the broker reads them. Files of folders outside the
// broker's directory are read by the broker alone.
func (m *Managed) parts(conf []byte) ([]confPart, error) {
	all := []confPart{{confName, conf}}
	for _, dir := range includedDirs(conf) {
		if filepath.IsAbs(dir) {
			rel, err := filepath.Rel(m.at.broker, dir)
			if err != nil {
				continue
			}
			dir = rel
		}
		if dir = filepath.Clean(dir); !filepath.IsLocal(dir) || dir == OwnConfDir {
			continue // ours has no port, and is about to be written
		}
		entries, err := fs.ReadDir(m.files.root.FS(), filepath.ToSlash(dir))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the broker's folder %s: %w", dir, err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".conf") {
				continue
			}
			name := filepath.Join(dir, e.Name())
			text, _, err := m.files.read(name)
			if err != nil {
				return nil, err
			}
			all = append(all, confPart{name, text})
		}
	}
	return all, nil
}

// renderOurs writes our part of the configuration. It is not done while a broker runs: the keeper compares the
// files with those that were proven.
func (m *Managed) renderOurs() error {
	err := m.files.ensureDir(OwnConfDir)
	if err == nil {
		err = m.files.write(pluginConf, renderPlugin(m.program.Plugin), nil)
	}
	if err == nil {
		// The keeper writes it anew at every start.
		err = m.files.write(logConf, renderLog(), nil)
	}
	if err != nil {
		return m.at.notWritable(err)
	}
	return nil
}

// slowToLoad is the number of clients from which on the file is put into the order that the broker loads quickly.
// Below, loading takes milliseconds either way and the file stays as it is.
const slowToLoad = 1000

// prepareDynsec makes dynamic-security.json at a first start, puts the good copy in place of one that a crash or
// a full disk has destroyed, and our account back into one that lacks it. A large file is sorted for the broker. The broker must not run.
func (m *Managed) prepareDynsec(a ownAccount, fresh bool) error {
	data, info, err := m.files.read(dynsecName)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !json.Valid(data) {
		return m.recoverDynsec(a, data, fresh)
	}
	if err != nil {
		return err
	}
	f, err := ParseDynsecFile(data)
	if err != nil {
		return fault.From(err).Hint("mend " + filepath.Join(m.at.broker, dynsecName) + ", or run `bunkerm repair`")
	}
	intact := f.ownIntact(a)
	what := "BunkerM's own account or role was missing or changed in " + dynsecName + " and has been put back."
	if f.Client(OwnUsername) == nil && f.Role(OwnRole) == nil {
		what = "BunkerM's own account was not in " + dynsecName + " and has been put there." // as behind an adoption
	}
	if !intact {
		if err := f.restoreOwn(a); err != nil {
			return err
		}
	}
	if slow := len(f.Clients) >= slowToLoad && f.LastFirst(); intact && !slow {
		return nil
	}
	if err := m.files.write(dynsecName, f.Bytes(), info); err != nil {
		return m.at.notWritable(err)
	}
	if intact {
		return nil
	}
	m.o.Notice(what)
	return nil
}

// recoverDynsec replaces a file that is missing or no JSON. fresh allows to begin without accounts although the
// broken file held something; otherwise a person must decide that.
func (m *Managed) recoverDynsec(a ownAccount, broken []byte, fresh bool) error {
	said, err := keeper.PutBack(m.files.root, guarded(), m.files.uid, m.files.gid)
	if err != nil && said == "" {
		return m.at.notWritable(err)
	}
	if said != "" {
		m.o.Notice(said)
		return m.prepareDynsec(a, fresh)
	}
	if len(broken) > 0 && !fresh {
		return fault.Newf(fault.Conflict, "%s is damaged, and there is no good copy of it", filepath.Join(m.at.broker, dynsecName)).
			Hint("mend it; or run `bunkerm repair`, which sets it aside and begins without accounts")
	}
	if broken != nil {
		aside := fmt.Sprintf("%s.broken-%s", dynsecName, time.Now().UTC().Format("20060102T150405.000"))
		if err := m.files.root.Rename(dynsecName, aside); err != nil {
			return m.at.notWritable(err)
		}
		said = fmt.Sprintf("%s was damaged and is now %s; there was no good copy, so the broker begins without accounts.", dynsecName, aside)
	}
	f, err := newDynsecFile(a)
	if err != nil {
		return err
	}
	if err := m.files.write(dynsecName, f.Bytes(), nil); err != nil {
		return m.at.notWritable(err)
	}
	if said != "" {
		m.o.Notice(said)
	}
	return nil
}

// guarded is what the keeper looks at before every start.
func guarded() keeper.GuardedFile {
	return keeper.GuardedFile{File: dynsecName, Copies: []string{lastName, goodName}}
}

// checkPorts says which port is taken and by whom. The broker would only say that some address is in use.
func checkPorts(all []listener, file string) error {
	for _, l := range all {
		if l.taken() {
			return fault.Newf(fault.Unavailable, "port %d, on which the broker should listen, is taken by %s", l.Port, holderOf(l.Port)).
				Hint("end that program, or change the listener line in " + file)
		}
	}
	return nil
}

// spec is the keeper's order.
func (m *Managed) spec() keeper.Spec {
	return keeper.Spec{
		Mosquitto: m.program.Executable, Dir: m.at.broker, Config: confName,
		LogDir: m.at.log, ProvenDir: m.at.proven, Socket: m.at.socket,
		UID: m.files.uid, GID: m.files.gid,
		LogFileBytes: logFileBytes, LogFiles: logFiles, StopTimeout: stopTimeout,
		Guarded:   []keeper.GuardedFile{guarded()},
		LogConfig: logConf, LogSettings: string(renderLog()),
	}
}
