package broker

import "encoding/json"

// The control topics of Mosquitto's dynamic security plugin (mosquitto 2.0, plugins/dynamic-security).
const (
	ControlTopic  = "$CONTROL/dynamic-security/v1"
	ResponseTopic = "$CONTROL/dynamic-security/v1/response"
)

// Command is one command of the dynamic security plugin: the key "command" holds its name, the other keys its
// fields. The session adds correlationData itself.
type Command map[string]any

// Name is the command's name, as in createClient.
func (c Command) Name() string {
	name, _ := c["command"].(string)
	return name
}

// Response is the plugin's answer to one command. Error is the plugin's own text, empty on success.
type Response struct {
	Command string          `json:"command"`
	Error   string          `json:"error"`
	Data    json.RawMessage `json:"data"`
}
