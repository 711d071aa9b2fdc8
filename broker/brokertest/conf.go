package brokertest

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Option changes how Start sets the broker up.
type Option func(*options)

type options struct {
	withoutPlugin bool
	anonymous     bool
	conf          []string
	tls           *TLSFiles
}

// TLSFiles are the PEM files of a TLS listener, absolute paths.
type TLSFiles struct {
	Cert, Key string
	ClientCA  string // when set, clients must show a certificate that this authority signed
}

// WithoutPlugin runs the broker without dynamic security. Nobody can log in unless Anonymous is given too, or Conf
// names another way.
func WithoutPlugin() Option { return func(o *options) { o.withoutPlugin = true } }

// Anonymous lets clients in that name no account.
func Anonymous() Option { return func(o *options) { o.anonymous = true } }

// Conf adds lines to the end of mosquitto.conf. Relative paths in them are relative to the scratch directory. A line
// that sets what the broker sets by default as well (sys_interval, log_type) is the one that counts or adds.
func Conf(lines ...string) Option {
	return func(o *options) { o.conf = append(o.conf, lines...) }
}

// TLS adds a TLS listener on another port of localhost, found in Broker.TLSAddr.
func TLS(files TLSFiles) Option { return func(o *options) { o.tls = &files } }

// confFile and dynsecFile are relative to the broker's working directory, the scratch directory.
const (
	confFile   = "mosquitto.conf"
	dynsecFile = "dynamic-security.json"
)

// writeConf chooses ports and renders mosquitto.conf. Options of ours that concern a listener must follow it.
func (b *Broker) writeConf() {
	b.t.Helper()
	port := FreePort(b.t)
	b.Addr = fmt.Sprintf("127.0.0.1:%d", port)
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }

	add("per_listener_settings false")
	add("allow_anonymous %t", b.options.anonymous)
	if os.Geteuid() == 0 {
		// Otherwise mosquitto changes to its own account, which cannot enter the scratch directory.
		add("user root")
	}
	if !b.options.withoutPlugin {
		add("plugin %s", b.Plugin)
		add("plugin_opt_config_file %s", dynsecFile)
	}
	add("log_dest stderr")
	for _, kind := range []string{"error", "warning", "notice", "information", "subscribe", "unsubscribe"} {
		add("log_type %s", kind)
	}
	add("set_tcp_nodelay true")
	add("sys_interval 1")
	add("max_queued_messages 100000")
	lines = append(lines, b.options.conf...)
	add("listener %d 127.0.0.1", port)
	add("listener 0 %s", filepath.Base(b.Socket))
	if files := b.options.tls; files != nil {
		tlsPort := FreePort(b.t)
		b.TLSAddr = fmt.Sprintf("localhost:%d", tlsPort)
		add("listener %d localhost", tlsPort)
		add("certfile %s", files.Cert)
		add("keyfile %s", files.Key)
		if files.ClientCA != "" {
			add("cafile %s", files.ClientCA)
			add("require_certificate true")
		}
	}
	b.write(confFile, []byte(strings.Join(lines, "\n")+"\n"))
}

// writeDynsec writes the plugin's file with the admin account, in the format of 2.0, which 2.1 reads too.
func (b *Broker) writeDynsec() {
	b.t.Helper()
	const iterations = 101 // what 2.0 uses itself
	salt := make([]byte, 12)
	rand.Read(salt)
	hash, err := pbkdf2.Key(sha512.New, b.AdminPassword, salt, iterations, sha512.Size)
	if err != nil {
		b.t.Fatalf("hashing the admin's password: %v", err)
	}
	type object = map[string]any
	var acls []object
	for _, acl := range [][2]string{
		{"publishClientSend", "$CONTROL/dynamic-security/#"},
		{"publishClientReceive", "$CONTROL/dynamic-security/#"},
		{"subscribePattern", "$CONTROL/dynamic-security/#"},
		{"publishClientReceive", "$SYS/#"},
		{"subscribePattern", "$SYS/#"},
		{"publishClientSend", "#"},
		{"publishClientReceive", "#"},
		{"subscribePattern", "#"},
		{"unsubscribePattern", "#"},
	} {
		acls = append(acls, object{"acltype": acl[0], "topic": acl[1], "priority": 0, "allow": true})
	}
	content, err := json.MarshalIndent(object{
		"defaultACLAccess": object{"publishClientSend": false, "publishClientReceive": true,
			"subscribe": false, "unsubscribe": true},
		"clients": []object{{"username": b.AdminUsername, "password": hash, "salt": salt, "iterations": iterations,
			"roles": []object{{"rolename": "admin"}}}},
		"groups": []object{},
		"roles":  []object{{"rolename": "admin", "acls": acls}},
	}, "", "\t")
	if err != nil {
		b.t.Fatalf("rendering the dynamic security file: %v", err)
	}
	b.write(dynsecFile, content)
}

func (b *Broker) write(name string, content []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.Dir, name), content, 0o600); err != nil {
		b.t.Fatalf("writing %s: %v", name, err)
	}
}
