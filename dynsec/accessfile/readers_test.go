package accessfile

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// starts tells whether a real mosquitto comes up with a file, and what version it is.
func starts(t *testing.T, setting, content string) (ok bool, version string) {
	t.Helper()
	executable, _ := brokertest.Mosquitto(t)
	dir := t.TempDir()
	conf := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n%s %s\n", brokertest.FreePort(t), setting, filepath.Join(dir, "file"))
	if os.Geteuid() == 0 {
		conf += "user root\n"
	}
	for name, text := range map[string]string{"file": content, "mosquitto.conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), executable, "-c", filepath.Join(dir, "mosquitto.conf"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if _, rest, found := strings.Cut(lines.Text(), "mosquitto version "); found {
			version, _, _ = strings.Cut(rest, " ")
			if strings.HasSuffix(lines.Text(), " running") {
				ok = true
				_ = cmd.Process.Kill()
			}
		}
	}
	_ = cmd.Wait()
	return ok, version
}

// TestRefusedLinesAreThoseThatMosquittoRefuses starts a broker with each line.
func TestRefusedLinesAreThoseThatMosquittoRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"topic a", " topic read a", "topic read a b\r\nuser x y\r\n", "\n   \n\t\ntopic x\n", "topic read \ta", "topic read", "topic deny",
		"pattern read x", "topic read a\xff", "user x", "topic   read   a", "topic read a\tb", "# topic x", "topic read #", "topic +/+", "topic read $SYS/#",
		"topic " + strings.Repeat("/", 200),
		"  # c", "topic\tread\ta", "\ttopic a", "\ufefftopic a", "\ufeff# c", "topic read a # b", "topic a b", "topic", "user", "user   ", "topic READ a",
		"readwrite a", "\t# c", "user\tx", "topic read a+", "topic read a/#/b", "pattern deny", "pattern", "topic read  #x", "Topic a",
		"topic " + strings.Repeat("/", 201),
	} {
		refused := false
		for _, f := range ReadRules(text).Findings {
			refused = refused || f.Kind == Refused
		}
		if ok, _ := starts(t, "acl_file", text+"\n"); ok == refused {
			t.Errorf("%.40q: mosquitto starts with it: %v; refused here: %v", text, ok, refused)
		}
	}
}

// hashed is a line's hash of the kind $7$.
func hashed(t testing.TB, password string) string {
	t.Helper()
	h, err := broker.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("$7$%d$%s$%s", h.Iterations, h.Salt, h.Hash)
}

// TestPasswordsAreReadAsMosquittoReadsThem logs in by each line. 2.1 does not start with what 2.0 passes over.
func TestPasswordsAreReadAsMosquittoReadsThem(t *testing.T) {
	t.Parallel()
	h := hashed(t, "pw")
	salt := base64.StdEncoding.EncodeToString(make([]byte, 16))
	for _, text := range []string{
		"u:" + h, "u:" + h + ":more", ":u:" + h, "  u  :  " + h + "  \r", "u:" + strings.Replace(h, "$1000$", "$1000x$", 1), "u:" + h + "$x",
		"u:pw", "u:", "u:" + strings.Replace(h, "$1000$", "$0$", 1), "u:$7$1000$" + salt + "$" + h[strings.LastIndex(h, "$")+1:], "u:$7$1000$$", "u:$9$a$b",
		"u:7$1000$a$b", "u:" + h[:len(h)-4], "u", "u:" + h + "\nu:" + hashed(t, "other"), "u:" + hashed(t, "other") + "\nu:" + h,
		"u:$6$" + base64.StdEncoding.EncodeToString([]byte(rand.Text()[:12])) + "$" + base64.StdEncoding.EncodeToString(make([]byte, 64)),
	} {
		ours := false
		for _, a := range ReadPasswords(text + "\n").Accounts {
			ours = ours || a.Username == "u" && a.Hash.Matches("pw")
		}
		ok, version := starts(t, "password_file", text+"\n")
		if !ok {
			if strings.HasPrefix(version, "2.0") {
				t.Errorf("%q: mosquitto %s does not start", text, version)
			}
			continue
		}
		b := brokertest.Start(t, brokertest.WithoutPlugin(), brokertest.Anonymous(), brokertest.Conf("password_file "+writeTemp(t, text+"\n")))
		_, err := b.Connect(t, "u", "pw", "id")
		b.Stop()
		if (err == nil) != ours {
			t.Errorf("%q: mosquitto %s lets u in: %v; we think %v", text, version, err == nil, ours)
		}
	}
}

func writeTemp(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
