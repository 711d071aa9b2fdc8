package brokertest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

func TestBrokerLetsInWhomItKnows(t *testing.T) {
	b := brokertest.Start(t)
	if !strings.HasPrefix(b.Version(), "2.") {
		t.Errorf("version = %q", b.Version())
	}
	b.MustControl(t,
		broker.Command{"command": "createRole", "rolename": "speaker", "acls": []map[string]any{
			{"acltype": "publishClientSend", "topic": "room/#", "allow": true}}},
		broker.Command{"command": "createClient", "username": "lamp", "password": "light",
			"roles": []map[string]any{{"rolename": "speaker"}}})
	if got := b.Control(t, broker.Command{"command": "createClient", "username": "lamp"}); got[0].Error == "" {
		t.Error("a second client of the same name was created")
	}

	if _, err := b.Connect(t, "lamp", "wrong", "lamp-1"); !isRefused(err) {
		t.Errorf("a wrong password ends with %v", err)
	}
	if _, err := b.Connect(t, "", "", "nobody"); !isRefused(err) {
		t.Errorf("an anonymous connection ends with %v", err)
	}
	lamp, err := b.Connect(t, "lamp", "light", "lamp-1")
	if err != nil {
		t.Fatal(err)
	}
	watcher, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "watcher")
	if err != nil {
		t.Fatal(err)
	}
	if code, err := watcher.Subscribe("room/#"); err != nil || code != 1 {
		t.Fatalf("subscribing: code %d, %v", code, err)
	}
	if code, err := lamp.Publish("room/1", "on"); err != nil || code != 0 {
		t.Errorf("publishing: code %d, %v", code, err)
	}
	if code, err := lamp.Publish("garden", "on"); err != nil || code != 0x87 {
		t.Errorf("publishing without the right: code %d, %v", code, err)
	}
	if m := receive(t, watcher.Messages); m.Topic != "room/1" || string(m.Payload) != "on" {
		t.Errorf("received %+v", m)
	}
	b.MustControl(t, broker.Command{"command": "disableClient", "username": "lamp"})
	receive(t, lamp.Done)
}

func TestBrokerComesBackWhereItWas(t *testing.T) {
	b := brokertest.Start(t, brokertest.WithoutPlugin(), brokertest.Anonymous())
	first := b.PID()
	d, err := b.Connect(t, "", "", "device")
	if err != nil {
		t.Fatal(err)
	}
	b.Kill()
	receive(t, d.Done)
	b.Start()
	if b.PID() == first {
		t.Error("the process is still the old one")
	}
	if _, err := b.Connect(t, "", "", "device"); err != nil {
		t.Error(err)
	}
	b.Pause()
	b.Continue()
	b.Stop()
	receive(t, b.Exited())
}

func isRefused(err error) bool {
	_, ok := errors.AsType[brokertest.Refused](err)
	return ok
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}
