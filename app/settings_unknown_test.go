package app_test

import (
	"slices"
	"testing"

	"github.com/bunkerm/bunkerm/app"
)

func TestMisspeltVariablesAreNoticed(t *testing.T) {
	got := app.UnknownVariables([]string{
		"HOME=/h", "BUNKERM_LISSTEN=:1", "BUNKERM_LISTEN=:2", "BUNKERM_ADMIN_PASSWORD_FILE=/p", "BUNKERM_LISTEN_FILE=/l",
		"BUNKERM_DOCTOR_PASSWORD=x", "BUNKERM_MQTT_PORT=1883",
		// what Kubernetes sets for services named bunkerm and bunkerm-mqtt
		"BUNKERM_SERVICE_HOST=10.0.0.1", "BUNKERM_SERVICE_PORT=2000", "BUNKERM_SERVICE_PORT_PAGE=2000", "BUNKERM_PORT=tcp://10.0.0.1:2000",
		"BUNKERM_PORT_2000_TCP=tcp://10.0.0.1:2000", "BUNKERM_PORT_2000_TCP_ADDR=10.0.0.1", "BUNKERM_MQTT_SERVICE_HOST=10.0.0.2",
	})
	if want := []string{"BUNKERM_LISSTEN", "BUNKERM_LISTEN_FILE", "BUNKERM_MQTT_PORT"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
