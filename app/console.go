package app

import (
	"cmp"
	"fmt"
	"net"
	"strings"
)

// greet tells the person on the console where everything is. Where nobody reads, nothing is printed: the log
// says the same, without the key.
func (a *App) greet() {
	if !a.opts.Terminal || a.opts.Console == nil {
		return
	}
	lines := []string{
		"",
		"  BunkerM " + a.opts.Version + " is ready.",
		"",
		"  page and API    " + a.URL(),
		"  documentation   " + a.URL() + "/api/docs",
		"  broker          " + a.brokerSentence(),
		"  data            " + a.opts.DataDir,
	}
	if key, err := a.keys.Key(); err == nil {
		lines = append(lines, "  API key         "+key)
	}
	if a.setupToken != "" {
		lines = append(lines, "", "  Make the first account here, within an hour:", "", "  "+setupURL(cmp.Or(a.opts.PublicURL, a.URL()), a.setupToken))
		if a.opts.PublicURL == "" && a.listensEverywhere() {
			lines = append(lines, "", "  (from another machine, with this host's name in the place of 127.0.0.1)")
		}
	}
	end := "  Ctrl-C stops BunkerM and its broker."
	switch {
	case !a.opts.managed():
		end = "  Ctrl-C stops BunkerM; the broker is not ours and goes on."
	case a.opts.keepBroker():
		end = "  Ctrl-C stops BunkerM; its broker goes on (--on-exit keep)."
	}
	lines = append(lines, "", end, "", "")
	fmt.Fprint(a.opts.Console, strings.Join(lines, "\n"))
}

// listensEverywhere tells whether other machines reach the page at this host's own addresses.
func (a *App) listensEverywhere() bool {
	at, ok := a.Addr().(*net.TCPAddr)
	return ok && at.IP.IsUnspecified()
}

func (a *App) brokerSentence() string {
	if !a.opts.managed() {
		return "attached to " + a.opts.Broker
	}
	return "Mosquitto " + a.managed.Version() + " on " + a.managed.MQTTAddr()
}
