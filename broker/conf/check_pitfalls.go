package conf

import (
	"path"
	"strings"
)

// pitfall tells what a value does that its author may not have meant. The value is one that the broker takes.
func (k *checker) pitfall(e *entry) {
	switch e.key {
	case "persistence_location":
		for _, dir := range []string{"/tmp", "/var/tmp", "/dev", "/run", "/var/run", "/proc", "/sys"} {
			if p := path.Clean(e.Value); p == dir || strings.HasPrefix(p, dir+"/") {
				k.say(e, Warning, "What lies below "+dir+" does not outlive the machine's next start, and with it retained messages and sessions.",
					"Choose a folder on disk that belongs to the broker's user.")
				return
			}
		}
	case "persistence_file":
		if strings.Contains(e.Value, "/") {
			k.say(e, Warning, "persistence_file is a name without folders.", "Put the folder into persistence_location.")
		}
	case "user":
		if e.Value == "root" {
			k.say(e, Warning, "The broker keeps all rights of root.", "Remove the line: the broker then becomes the user mosquitto.")
		}
	case "http_dir":
		k.say(e, Warning, "Everybody who reaches the listener can read all files of this folder.", "Keep nothing in it but web pages.")
	case "log_dest":
		if firstWord(e.rest) == "none" {
			k.sayNoLog(e)
		}
	case "log_type":
		switch firstWord(e.rest) {
		case "none":
			k.sayNoLog(e)
		case "all", "debug":
			k.say(e, Notice, "The broker logs every packet, which slows it down and fills the disk.", "Turn it off again when you have seen what you wanted.")
		}
	case "sys_interval":
		if n, _ := parseNumber(firstWord(e.rest), k.v); n == 0 {
			k.say(e, Warning, "Without figures in $SYS, BunkerM cannot show how the broker is doing.", "Set it to 10 or less.")
		}
	case "tls_version", "bridge_tls_version":
		if firstWord(e.rest) == "tlsv1.1" {
			k.say(e, Warning, "TLS 1.1 is no longer safe.", "Write tlsv1.2.")
		}
	case "bridge_insecure":
		if isOn(e) {
			k.say(e, Warning, "The bridge trusts any certificate of the authority: anybody in between who has one can read along.", "Remove the line.")
		}
	case "disable_client_cert_date_checks":
		if isOn(e) {
			k.say(e, Warning, "Client certificates that have expired get in.", "Remove the line.")
		}
	}
}

// canonical is the one name of settings that have two.
func canonical(key string) string {
	switch key {
	case "addresses":
		return "address"
	case "auth_plugin":
		return "plugin"
	case "clientid":
		return "remote_clientid"
	case "maximum_qos":
		return "max_qos"
	case "password":
		return "remote_password"
	case "retained_persistence":
		return "persistence"
	case "username":
		return "remote_username"
	}
	return key
}

// sayNoLog is about the setting that turns the log off.
func (k *checker) sayNoLog(e *entry) {
	k.say(e, Warning, "Without a log, BunkerM cannot say why clients were refused or left, nor see when the broker has started.", "Remove the line.")
}
