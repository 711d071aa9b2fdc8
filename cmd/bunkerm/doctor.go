package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/app"
)

const doctorArgs = "[options] HOST[:PORT]"

const doctorDetail = `Connects to a broker as a device would, one step after the other, and says at which step it fails and what to change. The
port is 1883 unless another is given, with --tls 8883, with --websocket 9001. Exits with 1 when a step has failed.

  --tls                 with TLS
  --cafile FILE         certificates (PEM) that are trusted instead of the system's; means --tls
  --cert FILE           the device's own certificate, for brokers that ask for one; means --tls
  --key FILE            its key
  --server-name NAME    what the broker's certificate has to be for (default HOST)
  --websocket           over a websocket
  --path PATH           of the websocket (default /mqtt)
  --username NAME       the password is asked for, or read as a line of standard input, or BUNKERM_DOCTOR_PASSWORD
  --client-id ID        (default: one of its own). A device with this id that is connected is disconnected by it
  --topic TOPIC         also subscribe to it
  --publish             and publish a message to it, which is not kept, and wait for it
  --json                the report as JSON
  --data-dir DIR        of the BunkerM that runs this broker; where it fails, it is asked what the broker's log says
                        (default: that of bunkerm serve)
`

// errUnhealthy is returned when the report has been printed already.
var errUnhealthy = errors.New("unhealthy")

// examination is what stands behind bunkerm doctor.
type examination struct {
	o                 app.DoctorOptions
	json              bool
	cafile, cert, key string
	dataDir           string
}

// examined is what was found, and what the broker's log says of it.
type examined struct {
	app.Diagnosis
	Refusal *app.Refusal `json:"last_refusal,omitempty"`
}

// parseDoctor reads the arguments; files are named, not read.
func parseDoctor(args []string) (p examination, err error) {
	set := flag.NewFlagSet("doctor", flag.ContinueOnError)
	set.BoolVar(&p.o.TLS, "tls", false, "")
	set.StringVar(&p.cafile, "cafile", "", "")
	set.StringVar(&p.cert, "cert", "", "")
	set.StringVar(&p.key, "key", "", "")
	set.StringVar(&p.o.ServerName, "server-name", "", "")
	set.BoolVar(&p.o.Websocket, "websocket", false, "")
	set.StringVar(&p.o.Path, "path", "", "")
	set.StringVar(&p.o.Username, "username", "", "")
	set.StringVar(&p.o.ClientID, "client-id", "", "")
	set.StringVar(&p.o.Topic, "topic", "", "")
	set.BoolVar(&p.o.Publish, "publish", false, "")
	set.BoolVar(&p.json, "json", false, "")
	set.StringVar(&p.dataDir, "data-dir", "", "")
	hosts, err := parseFlags(set, args)
	if err != nil {
		return p, err
	}
	switch {
	case len(hosts) != 1:
		return p, misused("doctor", errors.New("give one host"))
	case (p.cert == "") != (p.key == ""):
		return p, misused("doctor", errors.New("--cert and --key belong together"))
	case p.o.Publish && p.o.Topic == "":
		return p, misused("doctor", errors.New("--publish needs --topic"))
	case p.o.Publish && strings.ContainsAny(p.o.Topic, "+#"):
		return p, misused("doctor", errors.New("nobody can publish to a topic with + or #"))
	}
	p.o.TLS = p.o.TLS || p.cafile != "" || p.cert != ""
	if p.o.Host, p.o.Port, err = brokerAt(hosts[0]); err != nil {
		return p, misused("doctor", err)
	}
	return p, nil
}

// brokerAt parts HOST, HOST:PORT, [ADDRESS] and [ADDRESS]:PORT; an address of version 6 may stand without brackets.
func brokerAt(text string) (host string, port int, err error) {
	host = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if net.ParseIP(host) != nil || !strings.Contains(text, ":") {
		return host, 0, nil
	}
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, fmt.Errorf("%q is no HOST:PORT", text)
	}
	port, err = strconv.Atoi(number)
	if err != nil || port < 1 || port > 65535 {
		return "", 0, fmt.Errorf("%q is no port", number)
	}
	return host, port, nil
}

// doctor examines a broker as a device would.
func doctor(args []string) error {
	p, err := parseDoctor(args)
	if err != nil {
		return err
	}
	for name, to := range map[string]*[]byte{p.cafile: &p.o.Authority, p.cert: &p.o.Cert, p.key: &p.o.Key} {
		if name == "" {
			continue
		}
		if *to, err = os.ReadFile(name); err != nil {
			return err
		}
	}
	if password, given := os.LookupEnv(app.DoctorPassword); given {
		p.o.Password = password
	} else if p.o.Username != "" {
		if p.o.Password, err = askPassword(os.Stdin, "Password of "+p.o.Username+": "); err != nil {
			return err
		}
	}
	ctx, stop := signalled()
	defer stop()
	begun := time.Now()
	r := examined{Diagnosis: app.Doctor(ctx, p.o)}
	if !r.Healthy {
		r.Refusal = p.lastRefusal(ctx, &r.Diagnosis, begun)
	}
	if p.json {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(r)
	} else {
		err = writeReport(os.Stdout, &r)
	}
	if err == nil && !r.Healthy {
		return errUnhealthy
	}
	return err
}

// lastRefusal asks the BunkerM of this host; nil where there is none, or it does not know.
func (p *examination) lastRefusal(ctx context.Context, r *app.Diagnosis, begun time.Time) *app.Refusal {
	var settings []string
	if p.dataDir != "" {
		settings = []string{"--data-dir", p.dataDir}
	}
	o, err := options(settings, "doctor")
	if err != nil {
		return nil
	}
	found, there, err := app.NewLocal(o).LastRefusal(ctx, r, p.o.Username, begun)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bunkerm: what the broker's log says could not be asked: "+app.Explain(err))
	}
	if !there {
		return nil
	}
	return &found
}

// refusalInWords says what the broker's log says.
func refusalInWords(f *app.Refusal) string {
	when := "The broker's log says"
	if !f.This {
		when = "The broker's log says of " + f.Time.Local().Format(time.DateTime)
	}
	if f.Line == "" {
		return when + ": denied (" + f.Reason + ")."
	}
	return when + ": " + f.Line
}

// writeReport writes a report for people.
func writeReport(w io.Writer, r *examined) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s as client %s\n", r.Address, r.ClientID)
	for _, s := range r.Steps {
		fmt.Fprintf(&text, "%-8s %-9s %s", s.State, s.Name, s.Said)
		if s.Micros >= 1000 {
			fmt.Fprintf(&text, " (%d ms)", s.Micros/1000)
		}
		text.WriteByte('\n')
		if s.Advice != "" {
			fmt.Fprintf(&text, "%19s%s\n", "", s.Advice)
		}
	}
	if r.Refusal != nil {
		fmt.Fprintf(&text, "%19s%s\n", "", refusalInWords(r.Refusal))
	}
	_, err := io.WriteString(w, text.String())
	return err
}
