package conf

// Scope is where a setting belongs: "global", "listener:1883", "listener:8883@127.0.0.1", "listener:/path/x.sock",
// "bridge:NAME", "plugin:NAME" (the plugin's file, or its name with plugin_load). The listener that port, bind_address and
// settings above the first listener line make is "listener:default".
type Scope string

// The scopes without a name of their own.
const (
	Global          Scope = "global"
	DefaultListener Scope = "listener:default"
)

// Setting is one line that sets something.
type Setting struct {
	// Key is as the file has it; keys are case-sensitive. Of a word that the broker does not know, such as
	// remote_password=x, it is the part that a person means.
	Key   string
	Value string // without the space around it; empty for a key alone
	File  string
	Line  int // from 1
	Scope Scope
	Known bool // whether the catalogue has it
}

// Listener is a place where clients connect.
type Listener struct {
	Scope    Scope
	Port     int    // 0 for a unix socket
	Address  string // as the file has it; empty for all addresses
	UnixPath string // of a unix socket
	Protocol string // mqtt, websockets, http_api
	TLS      bool   // by certificate or by pre-shared key
	File     string
	Line     int       // of the line that makes it
	Settings []Setting // its own, without the line that makes it
}

// Bridge is a connection to another broker.
type Bridge struct {
	Scope    Scope
	Name     string
	Address  string // the first of its addresses, as the file has it: host, host:port
	TLS      bool   // by certificate, by the system's certificates or by pre-shared key
	File     string
	Line     int
	Settings []Setting
}
