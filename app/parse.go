package app

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// ErrHelp is what ParseOptions returns when the arguments ask for help.
var ErrHelp = flag.ErrHelp

// ParseOptions fills Options from arguments, environment, the file of settings and defaults, in this order of precedence. The fault
// it returns names the flag or variable, the value, and what would be right.
func ParseOptions(args []string, lookup func(string) (string, bool)) (Options, error) {
	words, o, err := ParseCommand(flag.NewFlagSet("serve", flag.ContinueOnError), args, lookup)
	if err == nil && len(words) > 0 {
		err = fault.Newf(fault.Invalid, "unexpected argument %q", words[0]).
			Hint("flags are written --name value or --name=value; bunkerm serve --help lists them")
	}
	return o, err
}

// ParseCommand is ParseOptions for a command that has flags of its own, which are declared in flags already, and words.
// Both may stand before, between and behind the settings; what follows a lone -- is words. The name of flags is the command's.
func ParseCommand(flags *flag.FlagSet, args []string, lookup func(string) (string, bool)) ([]string, Options, error) {
	var o Options
	flags.SetOutput(io.Discard)
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
	words, err := interleaved(flags, args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, o, ErrHelp
		}
		return nil, o, fault.New(fault.Invalid, strings.TrimPrefix(err.Error(), "flag ")).
			Hint("bunkerm " + flags.Name() + " --help lists the flags")
	}
	if lookup, err = withSettingsFile(lookup); err != nil {
		return nil, o, err
	}
	for _, s := range settings() {
		if err := s.fill(&o, given[s.Flag], lookup); err != nil {
			return nil, o, err
		}
	}
	if o.DataDir == "" {
		o.DataDir = defaultDataDir(lookup)
	}
	return words, o, o.consistent()
}

// interleaved parses flags wherever they stand, which the flag package alone does only up to the first word.
func interleaved(flags *flag.FlagSet, args []string) (words []string, err error) {
	var last []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, last = args[:i], args[i+1:]
	}
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return append(words, last...), nil
		}
		words = append(words, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// fill takes the setting from the environment where no flag gave it, then from the default, and checks it. An
// empty variable counts as not set, except where empty means off.
func (s Setting) fill(o *Options, byFlag bool, lookup func(string) (string, bool)) error {
	value, from := s.target(o), "--"+s.Flag
	if !byFlag {
		text, set := lookup(s.Env)
		*value, from = text, s.Env
		if s.secret && text == "" {
			if err := s.fillFromFile(o, s.secretFile(lookup)); err != nil {
				return err
			}
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
	if path == "" {
		return nil
	}
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
