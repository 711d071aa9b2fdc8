package host

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
)

// beDoomed is a BunkerM that changes the configuration and waits at one place to be killed. The order is place, way,
// journal, address and restart command, each on a line.
func beDoomed(dir, order string) error {
	words := strings.Split(order, "\n")
	here := func(where string) {
		if where == words[0] {
			fmt.Println(where)
			select {} // until we are killed
		}
	}
	s, err := Open(context.Background(), Options{
		Conf: filepath.Join(dir, "mosquitto.conf"), PidFile: filepath.Join(dir, "broker.pid"), Journal: words[2], Endpoint: endpoint(words[3]),
		RestartCommand: words[4],
	})
	if err != nil {
		return err
	}
	before, err := s.ReadFile(s.MainConf())
	if err != nil {
		return err
	}
	err = s.ReplaceConf(context.Background(), broker.ConfEdit{
		ID: "7", How: broker.How(words[1]), Before: map[string][]byte{s.MainConf(): before},
		After: map[string][]byte{s.MainConf(): bytes.Replace(before, []byte("password_file 5000.users"), []byte("password_file 6000.users"), 1)},
		Step: func(at broker.Step) {
			here(string(at))
		},
	})
	here("done")
	return errors.Join(errors.New("nobody has killed us"), err)
}

func TestAKillInTheMiddleOfAChange(t *testing.T) {
	for _, how := range []broker.How{broker.ByReload, broker.ByRestart} {
		for _, where := range []string{"writing", "reloading", "restarting", "proving", "done"} {
			if where == "reloading" && how == broker.ByRestart || where == "restarting" && how == broker.ByReload {
				continue
			}
			t.Run(string(how)+" "+where, func(t *testing.T) {
				t.Parallel()
				h := build(t)
				order := strings.Join([]string{where, string(how), h.options.Journal, h.addr, h.options.RestartCommand}, "\n")
				child := exec.Command(os.Args[0], "doomed", h.dir, order)
				child.Stderr = os.Stderr
				out, err := child.StdoutPipe()
				h.must(err)
				h.must(child.Start())
				line, err := bufio.NewReader(out).ReadString('\n')
				if err != nil || strings.TrimSpace(line) != where {
					t.Fatalf("it said %q (%v)", line, err)
				}
				h.must(child.Process.Kill())
				_ = child.Wait() // it was killed
				if where != "writing" {
					// As if it had been cut off in the middle of a write.
					h.write(tempPrefix+strings.Repeat("A", 26), "half")
				}

				s := h.open()
				if where == "writing" {
					// Nothing had begun, so nothing is told.
					if s.Unfinished() != nil {
						t.Errorf("it tells %+v", s.Unfinished())
					}
					h.serves()
					return
				}
				u := s.Unfinished()
				if u == nil || u.ID != "7" || u.Proven != (where == "done") || len(h.told) != 1 || h.told[0] != u.Said {
					t.Fatalf("it tells %+v, and told %q", u, h.told)
				}
				h.must(s.ForgetUnfinished("7"))
				if where == "done" {
					if n := h.runs(); n != "6000" {
						t.Errorf("what had been proven does not stand: %s", n)
					}
					return
				}
				h.serves()
				h.must(s.ReplaceConf(within(t), h.change(s, how, "password_file 5000.users", "password_file 7000.users")))
			})
		}
	}
}

func TestWhatOthersWroteAfterAKillStays(t *testing.T) {
	h := build(t)
	s := h.open()
	before := []byte(h.text("mosquitto.conf"))
	h.must(s.journal.Write(broker.EditEntry{
		ID: "7", How: broker.ByReload, Phase: broker.EditBegun, Before: map[string][]byte{s.MainConf(): before, "/etc/other.conf": nil},
		After: map[string][]byte{s.MainConf(): []byte("# ours\n"), "/etc/other.conf": []byte("x")},
	}))
	theirs := string(before) + "# theirs\n"
	h.write("mosquitto.conf", theirs)
	if s = h.open(); s.Unfinished() == nil || h.text("mosquitto.conf") != theirs {
		t.Errorf("it tells %+v, and the file is\n%s", s.Unfinished(), h.text("mosquitto.conf"))
	}
}
