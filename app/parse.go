package app

import (
	"errors"
	"flag"
	"io"
	"regexp"
	"slices"

	"github.com/bunkerm/bunkerm/fault"
)

// ErrHelp is what ParseFlags and ParseCommand return when the arguments ask for help.
var ErrHelp = flag.ErrHelp

// ParseCommand fills Options from arguments, environment, the file of settings and defaults, in this order of precedence. The
// command may have flags of its own, which are declared in flags already, and words; see ParseFlags. The fault that it returns
// names the flag, the variable or the file, the value, and what would be right.
func ParseCommand(flags *flag.FlagSet, args []string, lookup func(string) (string, bool)) ([]string, Options, error) {
	var o Options
	given := map[string]bool{}
	for _, s := range settings() {
		if s.Flag == "" {
			continue
		}
		define := flags.Func
		if s.toggle {
			define = flags.BoolFunc
		}
		define(s.Flag, s.Help, func(value string) error {
			given[s.Flag] = true
			*s.target(&o) = value
			return nil
		})
	}
	words, err := ParseFlags(flags, args)
	if err != nil {
		return nil, o, err
	}
	file, err := readSettingsFile(lookup)
	if err != nil {
		return nil, o, err
	}
	for _, s := range settings() {
		if err := s.fill(&o, given[s.Flag], lookup, file); err != nil {
			return nil, o, err
		}
	}
	if o.DataDir == "" {
		if given["data-dir"] {
			return nil, o, fault.New(fault.Invalid, "--data-dir is empty").Hint("name a folder, or leave the flag out")
		}
		o.DataDir = defaultDataDir(lookup)
	}
	return words, o, o.consistent()
}

// ParseFlags parses flags and returns the words. Both may stand before, between and behind each other, which the flag package
// alone allows only up to the first word; what follows a lone -- is words. The name of flags is the command's.
func ParseFlags(flags *flag.FlagSet, args []string) (words []string, err error) {
	flags.SetOutput(io.Discard)
	var last []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, last = args[:i], args[i+1:]
	}
	for {
		if err := flags.Parse(args); err != nil {
			return nil, flagFault(flags.Name(), err)
		}
		if flags.NArg() == 0 {
			return append(words, last...), nil
		}
		words = append(words, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// flagFault says in our words what the flag package has found.
func flagFault(command string, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return ErrHelp
	}
	text := err.Error()
	for _, form := range []struct{ theirs, ours string }{
		{`^flag provided but not defined: -(.*)$`, "there is no flag --$1"},
		{`^flag needs an argument: -(.*)$`, "--$1 needs a value"},
		{`^invalid (?:boolean )?value (".*") for (?:flag )?-([^ :]+): (?:parse error|value out of range)$`, "--$2=$1: this cannot be read"},
		{`^invalid (?:boolean )?value (".*") for (?:flag )?-([^ :]+): (.*)$`, "--$2=$1: $3"},
	} {
		if theirs := regexp.MustCompile(form.theirs); theirs.MatchString(text) {
			text = theirs.ReplaceAllString(text, form.ours)
			break
		}
	}
	return fault.New(fault.Invalid, text).Hint("bunkerm " + command + " --help lists the flags")
}

// fill takes the setting from the environment where no flag gave it, then from the file of settings, then from the default,
// and checks it. An empty variable counts as not set, except where empty means off.
func (s Setting) fill(o *Options, byFlag bool, lookup func(string) (string, bool), file settingsFile) error {
	value, from := s.target(o), "--"+s.Flag
	if !byFlag {
		text, set := lookup(s.Env)
		*value, from = text, s.Env
		secret := ""
		if s.secret && text == "" {
			secret = s.secretFile(lookup)
		}
		switch {
		case text != "", set && s.off:
		case secret != "":
			if err := s.fillFromFile(o, secret); err != nil {
				return err
			}
		case file.values[s.Env] != "":
			*value, from = file.values[s.Env], file.path+": "+s.fileName()
		}
		if *value == "" && !s.computed && !(set && s.off) {
			*value = s.Default
		}
	}
	if s.check == nil || (*value == "" && (s.computed || s.off)) {
		return nil
	}
	if want := s.check(*value); want != "" {
		return fault.Newf(fault.Invalid, "%s=%q: %s", from, *value, want)
	}
	return nil
}

func (s Setting) fillFromFile(o *Options, path string) error {
	if s.file != nil {
		*s.file(o) = path
		return nil
	}
	text, err := s.readSecret(path)
	*s.target(o) = text
	return err
}

// consistent refuses settings that contradict each other.
func (o Options) consistent() error {
	pair := func(one, other, flagOne, flagOther string) error {
		if (one == "") == (other == "") {
			return nil
		}
		return fault.Newf(fault.Invalid, "--%s and --%s go together", flagOne, flagOther).
			Hint("give both, or neither")
	}
	if err := pair(o.TLSCert, o.TLSKey, "tls-cert", "tls-key"); err != nil {
		return err
	}
	if err := pair(o.MQTTCert, o.MQTTKey, "mqtt-cert", "mqtt-key"); err != nil {
		return err
	}
	if err := pair(o.BrokerCert, o.BrokerKey, "broker-cert", "broker-key"); err != nil {
		return err
	}
	if o.managed() && (o.BrokerUser != "" || o.BrokerCA != "" || o.BrokerCert != "" ||
		o.BrokerPassword != "" || o.BrokerPasswordFile != "") {
		return fault.New(fault.Invalid, "--broker-user, --broker-ca, --broker-cert, --broker-key and "+
			"BUNKERM_BROKER_PASSWORD describe an attached broker, but --broker is managed").
			Hint("add --broker mqtts://host:8883, or leave them out")
	}
	if o.managed() && o.BrokerLog != "" {
		return fault.New(fault.Invalid, "--broker-log names the log file of an attached broker, but --broker is managed").
			Hint("leave --broker-log out, BunkerM keeps the log of its own broker; or add --broker mqtt://host:1883")
	}
	if err := o.consistentHost(); err != nil {
		return err
	}
	if (o.AdminUser == "") != (o.AdminPassword == "") {
		return fault.New(fault.Invalid, "BUNKERM_ADMIN_USER and BUNKERM_ADMIN_PASSWORD go together").Hint("set both, or neither")
	}
	return o.consistentListeners()
}

// consistentListeners refuses settings of the managed broker's listeners for another broker.
func (o Options) consistentListeners() error {
	for _, f := range []struct{ flag, value string }{
		{"--mqtt-listen", o.MQTTListen}, {"--mqtts-listen", o.MQTTSListen}, {"--wss-listen", o.WSSListen},
		{"--mtls-listen", o.MTLSListen}, {"--mqtt-cert", o.MQTTCert},
	} {
		if !o.managed() && f.value != "" {
			return fault.Newf(fault.Invalid, "%s belongs to the managed broker, but --broker attaches to another one", f.flag).
				Hint("leave one of the two out")
		}
	}
	return nil
}

// consistentHost is about the files and the process of an attached broker.
func (o Options) consistentHost() error {
	for _, f := range []struct{ flag, value string }{
		{"--broker-conf", o.BrokerConf}, {"--broker-pid-file", o.BrokerPidFile},
		{"--broker-reload-command", o.BrokerReloadCommand}, {"--broker-restart-command", o.BrokerRestartCommand},
	} {
		switch {
		case f.value == "":
		case o.managed():
			return fault.Newf(fault.Invalid, "%s is about an attached broker, but --broker is managed", f.flag).
				Hint("leave it out, BunkerM has the files and the process of its own broker; or add --broker mqtt://host:1883")
		case o.BrokerConf == "":
			return fault.Newf(fault.Invalid, "%s needs --broker-conf", f.flag).Hint("name the broker's mosquitto.conf with --broker-conf, or leave it out")
		}
	}
	return nil
}
