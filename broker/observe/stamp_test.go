package observe

import "testing"

func TestStampsAreTakenOff(t *testing.T) {
	type line struct {
		level     byte
		raw, text string
	}
	for name, lines := range map[string][]line{
		"epoch": {
			{'S', "1795599988: own-id 0 $SYS/broker/log/#", "own-id 0 $SYS/broker/log/#"},
			{'N', "1795599988: Client a [::1:5000] disconnected: session taken over.", "Client a [::1:5000] disconnected: session taken over."},
			{'S', "1795599988: 1795599988: x 0 a: b", "1795599988: x 0 a: b"},
		},
		"a date": {
			{'N', "2026-11-25T09:46:35: New connection from ::1:5000 on port 1.", "New connection from ::1:5000 on port 1."},
			{'U', "2026-11-25T09:46:35+0100: other a", "other a"},
		},
		"none": {
			{'N', "New connection from ::1:5000 on port 1.", "New connection from ::1:5000 on port 1."},
			{'N', "Client a disconnected: Broken pipe.", "Client a disconnected: Broken pipe."},
			{'S', "1795599988: x 0 a", "1795599988: x 0 a"},
		},
		"none, as our own line tells": {
			{'S', "own-id 0 $SYS/broker/log/#", "own-id 0 $SYS/broker/log/#"},
			{'U', "1795599988: x a", "1795599988: x a"},
		},
		"a format with words and colons": {
			{'S', "Wed Nov 25: 09 h: own-id 0 #", "own-id 0 #"},
			{'N', "Wed Nov 25: 09 h: Client a disconnected: Broken pipe.", "Client a disconnected: Broken pipe."},
			{'S', "Wed Nov 25: 09 h: x: own-id 0 #", "x: own-id 0 #"},
		},
		"changed by a reload": {
			{'S', "own-id 0 #", "own-id 0 #"},
			{'N', "1795599988: Client a closed its connection.", "Client a closed its connection."},
			{'S', "1795599988: b 0 #", "b 0 #"},
			{'N', "Client a disconnected: Broken pipe.", "Client a disconnected: Broken pipe."},
			{'S', "1795599988: b 0 #", "1795599988: b 0 #"},
		},
		"before anybody has told": {
			{'U', "1795599988: b #", "b #"},
			{'N', "", ""},
		},
	} {
		s := stamps{own: []byte("own-id")}
		for _, l := range lines {
			if got := string(s.cut([]byte(l.raw), l.level)); got != l.text {
				t.Errorf("%s: %q becomes %q, want %q", name, l.raw, got, l.text)
			}
		}
	}
}

func FuzzStamps(f *testing.F) {
	f.Add([]byte("1795599988: Client a disconnected: x."), byte('N'))
	f.Add([]byte("own-id"), byte('S'))
	f.Fuzz(func(t *testing.T, line []byte, level byte) {
		s := stamps{own: []byte("own-id")}
		for range 2 {
			text := s.cut(line, level)
			if string(line[len(line)-len(text):]) != string(text) {
				t.Errorf("%q is not the end of %q", text, line)
			}
		}
	})
}
