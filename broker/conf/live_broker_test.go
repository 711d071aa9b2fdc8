package conf_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/conf"
)

// TestWhatTheBrokerTakesOverWhileItRuns changes settings that a client sees in the broker's answer to CONNECT, and reloads.
// The manual says of all of the whole broker's that they are reloaded; it is not true of most. For each the broker is also
// restarted, which has to change the answer, or the setting would show nothing.
func TestWhatTheBrokerTakesOverWhileItRuns(t *testing.T) {
	a := ask(t)
	for _, line := range []string{
		"max_keepalive 20", "max_packet_size 5000", "retain_available false", "max_inflight_messages 7", "max_topic_alias 3", "max_qos 1",
		"allow_anonymous false",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			key, _, _ := strings.Cut(line, " ")
			b := brokertest.Start(t, brokertest.Anonymous(), brokertest.WithoutPlugin())
			file := filepath.Join(b.Dir, main)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// The settings of a listener have to follow its line: the plain one's, in front of the next listener.
			after := string(text)
			switch {
			case key == "allow_anonymous":
				after = strings.Replace(after, "allow_anonymous true", line, 1)
			case strings.HasPrefix(key, "max_topic") || key == "max_qos":
				_, port, _ := strings.Cut(b.Addr, ":")
				after = strings.Replace(after, "listener "+port+" 127.0.0.1\n", "listener "+port+" 127.0.0.1\n"+line+"\n", 1)
			default:
				after += line + "\n"
			}
			if after == string(text) {
				t.Fatalf("the setting found no place in\n%s", text)
			}
			before := answer(t, b.Addr)
			if err := os.WriteFile(file, []byte(after), 0o600); err != nil {
				t.Fatal(err)
			}
			b.Reload()
			b.AwaitLog(`Reloading config`)
			d, _ := conf.Lookup(key)
			// It reads the files on the thread that answers clients: whoever is answered behind that line is answered after it.
			reloaded := answer(t, b.Addr)
			b.Stop()
			b.Start()
			restarted := answer(t, b.Addr)
			if restarted == before {
				t.Fatalf("%s does not show in the answer %s", line, before)
			}
			if live := reloaded == restarted; live != d.Live(a.version) || !live && reloaded != before {
				t.Errorf("mosquitto %v takes %s over while it runs: %v; we say %v", a.version, line, live, d.Live(a.version))
			}
		})
	}
}

// answer is what the broker answers to the CONNECT of an MQTT 5 client with a keepalive of 60 s, in hexadecimal.
func answer(t *testing.T, addr string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	packet := append([]byte{0, 4}, "MQTT\x05\x02"...) // clean start
	packet = binary.BigEndian.AppendUint16(packet, 60)
	packet = append(packet, 0, 0, 6) // no properties, a client id of six bytes
	packet = append(packet, "device"...)
	if _, err := conn.Write(append([]byte{0x10, byte(len(packet))}, packet...)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 200)
	n, err := conn.Read(got)
	if err != nil {
		t.Fatalf("reading the broker's answer: %v", err)
	}
	return fmt.Sprintf("%x", got[:n])
}

// TestTheBrokerLosesSettingsBehindAnInclude shows what Check warns of: a setting of a listener that stands below an
// include_dir line whose files add listeners is not there.
func TestTheBrokerLosesSettingsBehindAnInclude(t *testing.T) {
	lines := func(port int, between string) []string {
		return []string{fmt.Sprintf("listener %d 127.0.0.1", port), between, "max_qos 0"}
	}
	for between, kept := range map[string]bool{"include_dir more.d": false, "": true} {
		port := brokertest.FreePort(t)
		more := t.TempDir()
		for i := range 64 { // enough to move the broker's list of listeners to another place
			text := fmt.Sprintf("listener 0 %s/%d.sock\n", more, i)
			if err := os.WriteFile(fmt.Sprintf("%s/%d.conf", more, i), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		b := brokertest.Start(t, brokertest.Anonymous(), brokertest.WithoutPlugin(),
			brokertest.Conf(lines(port, strings.Replace(between, "more.d", more, 1))...))
		const maximumQoS0 = "2400" // property 36, MQTT 5 section 3.2.2.3.4
		got := answer(t, fmt.Sprintf("127.0.0.1:%d", port))
		if strings.Contains(got, maximumQoS0) != kept {
			t.Errorf("with %q between, mosquitto %s answers %s: want the setting kept: %v", between, b.Version(), got, kept)
		}
	}
}
