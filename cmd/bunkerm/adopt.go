package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/app"
)

const adoptArgs = "[--plan] [--root DIR] [--stop COMMAND] [--start COMMAND] [--pid-file FILE] [--from 2.0|2.1] [--serve [--login USERNAME]...] [CONF] | --undo"

const adoptDetail = `Takes a Mosquitto over that somebody else runs: its configuration (CONF, /etc/mosquitto/mosquitto.conf when left out) with
what it includes, accounts and rules of its password_file and acl_file or its dynamic-security.json, certificates, and
mosquitto.db with retained messages, sessions and queued messages. What does not come over is named. With --plan nothing is
done. --stop and --start are how the old broker is stopped, and started again on the way back, as in 'systemctl stop
mosquitto'; they are guessed where systemd runs it. --pid-file names a plain process instead. --root is a folder with
what was copied off another machine, and stands for / there. --serve goes on as bunkerm serve at once, and then
logs in as each --login, whose passwords are asked for before, or read as lines of standard input. --undo stops
BunkerM's broker, gives the database back with what has come since, and starts the old broker.`

// adoptWords is what stands behind bunkerm adopt.
type adoptWords struct {
	o       app.AdoptOptions
	take    app.TakeOptions
	pidFile string
	plan    bool
	undo    bool
	serve   bool
	logins  []login
}

const usualConf = "/etc/mosquitto/mosquitto.conf"

// parseAdopt reads what stands behind bunkerm adopt.
func parseAdopt(args []string) (adoptWords, app.Options, error) {
	var w adoptWords
	flags := flag.NewFlagSet("adopt", flag.ContinueOnError)
	flags.StringVar(&w.o.Root, "root", "", "")
	flags.StringVar(&w.take.Stop, "stop", "", "")
	flags.StringVar(&w.take.Start, "start", "", "")
	flags.StringVar(&w.pidFile, "pid-file", "", "")
	flags.BoolVar(&w.plan, "plan", false, "")
	flags.BoolVar(&w.undo, "undo", false, "")
	flags.BoolVar(&w.serve, "serve", false, "")
	flags.Func("login", "", func(name string) error { w.logins = append(w.logins, login{username: name}); return nil })
	flags.Func("from", "", func(version string) error {
		w.o.Modern = version == "2.1"
		return oneOf(version, "2.0", "2.1")
	})
	words, o, err := parse(flags, args)
	if err != nil {
		return w, o, err
	}
	switch {
	case len(words) > 1:
		err = misused("adopt", fmt.Errorf("%q belongs to nothing: one configuration is taken over", words[1]))
	case len(w.logins) > 0 && !w.serve:
		err = misused("adopt", errors.New("--login needs --serve: without it no broker runs behind the adoption"))
	}
	w.o.Conf = usualConf
	if len(words) > 0 {
		w.o.Conf = words[0]
	}
	return w, o, err
}

// adopt is the command that takes a broker over, or gives it back.
func adopt(args []string) error {
	w, o, err := parseAdopt(args)
	if err != nil {
		return err
	}
	ctx, stop := signalled()
	defer stop()
	if w.undo {
		done, err := app.UndoAdoption(ctx, o)
		if err != nil {
			return err
		}
		return writeUndone(os.Stdout, done)
	}
	if w.o.Conf, err = filepath.Abs(w.o.Conf); err != nil {
		return err
	}
	if err := w.findProcess(); err != nil {
		return err
	}
	plan, err := app.ReadAdoption(w.o)
	if err != nil {
		return err
	}
	if err := writeAdoption(os.Stdout, plan, &w); err != nil || w.plan {
		return err
	}
	if err := askLogins(w.logins); err != nil {
		return err
	}
	var stopped time.Time
	w.take.DataDir = o.DataDir
	w.take.Told = func(step string) {
		if step == "stop" {
			stopped = time.Now()
			fmt.Println("The old broker is being stopped.")
		}
	}
	w.take.Found = func(c app.DatabaseContents) {
		fmt.Printf("Its database holds %d retained messages, %d sessions and %d messages that wait for them.\n", c.Retained, c.Sessions, c.Queued)
	}
	if err := plan.Take(ctx, w.o, w.take); err != nil {
		return err
	}
	fmt.Printf("Taken over, %d ms after the stop began.\n", time.Since(stopped).Milliseconds())
	o.Adopted = func(sentence string) { fmt.Println(sentence) }
	if !w.serve {
		fmt.Printf("No broker runs until this starts it:\n  bunkerm serve --data-dir %s\nBack again:\n  bunkerm adopt --undo --data-dir %s\n", o.DataDir, o.DataDir)
		return nil
	}
	if len(plan.Ports) > 0 {
		go proveLogins(ctx, os.Stdout, plan.Ports[0], w.logins)
	}
	return runServe(ctx, o)
}

// findProcess finds out how the old broker is stopped where nobody has said it.
func (w *adoptWords) findProcess() error {
	if w.pidFile != "" {
		text, err := os.ReadFile(w.pidFile)
		if err != nil {
			return err
		}
		if w.take.PID, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil || w.take.PID < 2 {
			return fmt.Errorf("%s holds no process id", w.pidFile)
		}
	}
	if w.o.Root == "" && w.take.Stop == "" && w.take.PID == 0 && systemdRunsIt("/run/systemd") {
		w.take.Stop, w.take.Start = "systemctl disable --now mosquitto.service", "systemctl enable --now mosquitto.service"
	}
	return nil
}

// systemdRunsIt looks for the link that systemd keeps for each unit that is active. It points to no file.
func systemdRunsIt(runDir string) bool {
	if _, err := os.Stat(filepath.Join(runDir, "system")); err != nil {
		return false
	}
	_, err := os.Lstat(filepath.Join(runDir, "units", "invocation:mosquitto.service"))
	return err == nil
}

// writeAdoption says what an adoption comes to.
func writeAdoption(out io.Writer, p *app.AdoptPlan, w *adoptWords) error {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("From %s:", w.o.Conf)
	line("  listeners      %s", strings.Join(p.Listeners, ", "))
	line("  accounts       %d clients, %d roles, %d groups", p.Clients, p.Roles, p.Groups)
	line("  certificates   %d files are copied", len(p.Copies))
	if p.Database != "" {
		line("  database       %s", p.Database)
	} else {
		line("  database       none")
	}
	switch {
	case w.take.Stop != "":
		line("  to stop it     %s", w.take.Stop)
	case w.take.PID != 0:
		line("  to stop it     a signal to process %d", w.take.PID)
	default:
		line("  to stop it     nothing: it is taken not to run")
	}
	line("  broker away    %s", awayInWords(p, w))
	for _, n := range p.Notes {
		place := ""
		if n.File != "" {
			place = n.File + ":" + strconv.Itoa(n.Line) + ": "
		}
		line("%-8s %s%s", n.Kind, place, n.Text)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// awayInWords says for how long no broker will be there.
func awayInWords(p *app.AdoptPlan, w *adoptWords) string {
	a := p.Away()
	about := fmt.Sprintf("about %d ms", a.About.Milliseconds())
	if a.About >= time.Second {
		about = fmt.Sprintf("about %.1f s", a.About.Seconds())
	}
	if a.Database > 0 {
		const kb = 1 << 10
		about += fmt.Sprintf(" for a database of %d kB, as it was saved last,", (a.Database+kb-1)/kb)
	}
	about += " on a server, a few times that on a small board"
	if w.serve {
		return about
	}
	return "until bunkerm serve is started; with --serve " + about
}

func writeUndone(out io.Writer, done app.Undone) error {
	var text strings.Builder
	if done.Database != "" {
		fmt.Fprintf(&text, "%s is given back; what was there before is beside it, with .broker.given-back behind its name.\n", done.Database)
	}
	fmt.Fprintf(&text, "What was changed in BunkerM is kept in %s.\n", done.Kept)
	if done.Started {
		text.WriteString("The old broker runs again.\n")
	} else {
		text.WriteString("Start the old broker now: nobody has said how.\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}
