package doctest

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// needs are all reasons for which a block is not run here. Such a block still has to be right as far as can be seen:
// the shell can read it, and flags, paths and links are checked as everywhere.
func needs() map[string]string {
	return map[string]string{
		"build":      "it builds everything, or runs these tests",
		"systemd":    "it speaks with systemd",
		"root":       "it changes the host",
		"docker":     "it needs a container engine",
		"kubernetes": "it needs a cluster",
		"network":    "it needs another host, or the Internet",
		"person":     "it asks a person, or opens a program for one",
		"time":       "it takes longer than a test may",
	}
}

// TestBlocksThatAreNotRun counts them by reason, and lets the shell read them.
func TestBlocksThatAreNotRun(t *testing.T) {
	reasons := needs()
	counts, run := map[string]int{}, 0
	for _, p := range pages(t) {
		for _, s := range p.steps() {
			for _, m := range s.marks {
				if reason, is := strings.CutPrefix(m, "needs="); m != "serve" && m != "stopped" && (!is || reasons[reason] == "") {
					t.Errorf("%s:%d: no block is marked %q", p.name, s.line, m)
				}
			}
			if s.needs() == "" {
				run++
				continue
			}
			counts[s.needs()]++
			cmd := exec.Command("sh", "-n")
			cmd.Stdin = strings.NewReader(s.text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s:%d: the shell cannot read this: %v\n%s", p.name, s.line, err, out)
			}
		}
	}
	t.Logf("%d blocks are run; not run, by what they need: %v", run, counts)
	if run < 25 {
		t.Errorf("only %d blocks are run", run)
	}
}

// TestCommandsStandInBlocks wants commands where they are run, and nothing that only looks like them.
func TestCommandsStandInBlocks(t *testing.T) {
	commands := regexp.MustCompile(`^(    |\t)\s*(\$ |sudo |bunkerm |bin/bunkerm |make |curl |api |mosquitto|docker |kubectl |systemctl |apt)`)
	for _, p := range pages(t) {
		for i, line := range strings.Split(p.prose, "\n") {
			if commands.MatchString(line) {
				t.Errorf("%s:%d: this command stands in no block: %s", p.name, i+1, line)
			}
		}
		for _, b := range p.blocks {
			if slices.Contains([]string{"bash", "shell", "console", "shell-session"}, b.language) {
				t.Errorf("%s:%d: commands are in blocks of the language sh, which are run", p.name, b.line)
			}
			if b.language == "json" && !json.Valid([]byte(b.text)) {
				t.Errorf("%s:%d: this is no JSON", p.name, b.line)
			}
		}
	}
}

var (
	flagOf = regexp.MustCompile(`(?:^|[\s"'(])--([a-z][a-z-]*[a-z])`)
	span   = regexp.MustCompile("`([^`\n]+)`")
)

// TestFlagsExist looks up every flag behind a command of bunkerm, and every one that the prose names alone, but for one of
// Mosquitto's.
func TestFlagsExist(t *testing.T) {
	binary := build(t)
	known, all := map[string][]string{}, []string{}
	for command := range strings.FieldsSeq("serve apikey user setup-token repair adopt import cert backup restore forget detect account doctor healthcheck") {
		out, _ := exec.Command(binary, command, "--help").CombinedOutput() // a command that is not there has no flag
		for _, found := range flagOf.FindAllStringSubmatch(strings.NewReplacer("[", " ", "|", " ").Replace(string(out)), -1) {
			known[command] = append(known[command], found[1])
		}
		known[command] = append(known[command], "help")
		all = append(all, known[command]...)
	}
	if len(known["serve"]) < 30 {
		t.Fatalf("serve has only the flags %q", known["serve"])
	}
	call := regexp.MustCompile(`bunkerm ([a-z-]+)([^|&;<>#\n]*)`)
	for _, p := range pages(t) {
		texts := []string{}
		for _, b := range p.blocks {
			texts = append(texts, strings.ReplaceAll(b.text, "\\\n", " "))
		}
		for _, found := range span.FindAllStringSubmatch(p.prose, -1) {
			texts = append(texts, found[1])
			if strings.HasPrefix(found[1], "--") {
				if name := flagOf.FindStringSubmatch(found[1]); name != nil && !slices.Contains(all, name[1]) && name[1] != "test-config" {
					t.Errorf("%s: no command of bunkerm has --%s", p.name, name[1])
				}
			}
		}
		for _, found := range call.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
			flags, is := known[found[1]]
			for _, f := range flagOf.FindAllStringSubmatch(found[2], -1) {
				if is && !slices.Contains(flags, f[1]) {
					t.Errorf("%s: bunkerm %s has no --%s", p.name, found[1], f[1])
				}
			}
		}
	}
}

// TestEveryCommandIsInTheREADME compares its table with what bunkerm help lists.
func TestEveryCommandIsInTheREADME(t *testing.T) {
	out, err := exec.Command(build(t), "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`(?m)^  ([a-z-]+) `).FindAllStringSubmatch(string(out), -1)
	if len(listed) < 12 {
		t.Fatalf("bunkerm help lists only %q", listed)
	}
	for _, p := range pages(t) {
		for _, command := range listed {
			if p.name == "README.md" && !strings.Contains(p.prose, "\n| `bunkerm "+command[1]) {
				t.Errorf("the README's table lacks bunkerm %s", command[1])
			}
		}
	}
}
