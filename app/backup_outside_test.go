package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFilesThatNoBackupHasAreNamed(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, "broker", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := outsideFiles(dir); got != nil {
		t.Errorf("without a configuration: %v", got)
	}
	write("mosquitto.conf", "include_dir bunkerm.d\npersistence true\npersistence_location ./\nlog_dest file /var/log/mosquitto.log\n"+
		"listener 8883\ncertfile certs/server.crt\nkeyfile "+filepath.Join(dir, "broker", "certs", "server.key")+"\n")
	write("bunkerm.d/a.conf", "plugin /usr/lib/mosquitto_dynamic_security.so\n")
	if got := outsideFiles(dir); got != nil {
		t.Errorf("all is inside: %v", got)
	}
	write("mosquitto.conf", "include_dir bunkerm.d\npersistence true\npersistence_location /srv/mosquitto/\n"+
		"listener 8883\ncertfile /etc/letsencrypt/live/x/fullchain.pem\nkeyfile ../../key.pem\ncapath /etc/ssl/certs\n"+
		"listener 8884\ncertfile /etc/letsencrypt/live/x/fullchain.pem\n")
	want := []string{"/etc/letsencrypt/live/x/fullchain.pem", "/etc/ssl/certs", filepath.Join(filepath.Dir(dir), "key.pem"), "/srv/mosquitto"}
	slices.Sort(want)
	if got := outsideFiles(dir); !slices.Equal(got, want) {
		t.Errorf("%q instead of %q", got, want)
	}
}
