package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/doctor"
	"github.com/bunkerm/bunkerm/fault"
)

// TestTheDoctorGoesToTheListeners of the configuration, and to no other place.
func TestTheDoctorGoesToTheListeners(t *testing.T) {
	h := build(t)
	files := brokertest.GoodCertificate(t)
	for name, text := range map[string]string{"s.crt": files.Cert, "s.key": files.Key} {
		if err := os.WriteFile(filepath.Join(h.managed.BrokerDir(), name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	secure, sockets := brokertest.FreePort(t), brokertest.FreePort(t)
	more := fmt.Sprintf("\nlistener %d 127.0.0.1\ncertfile s.crt\nkeyfile s.key\n\nlistener %d 127.0.0.1\nprotocol websockets\n", secure, sockets)
	if _, err := h.put(h.text() + more); err != nil {
		t.Fatal(err)
	}
	for _, port := range []int{secure, sockets} {
		r, err := h.Examine(within(t), Patient{Port: port})
		if err != nil {
			t.Fatal(err)
		}
		last := r.Steps[len(r.Steps)-1]
		if last.Name != doctor.Login || last.State != doctor.Failed || !strings.Contains(last.Said, "nobody in without a username") {
			t.Errorf("port %d: %+v", port, r)
		}
	}
	r, err := h.Examine(within(t), Patient{Port: secure, Host: "another.name"})
	if last := r.Steps[len(r.Steps)-1]; err != nil || last.Name != doctor.TLS || !strings.Contains(last.Said, "not for another.name") {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := h.Examine(within(t), Patient{Port: brokertest.FreePort(t)}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another port: %v", err)
	}
}
