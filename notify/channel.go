package notify

import "time"

// Unchanged stands for a secret where channels are shown, and keeps the stored one where they are set.
const Unchanged = "«unchanged»"

// Type is the way that a channel goes.
type Type string

// The types.
const (
	TypeWebhook Type = "webhook"
	TypeEmail   Type = "email"
	TypeMQTT    Type = "mqtt"
	TypeChat    Type = "chat"
)

// Channel is one way to somebody. Exactly one of the settings is there: that of its type.
type Channel struct {
	ID          string   `json:"id,omitempty" maxLength:"32" pattern:"^[a-z0-9-]*$" doc:"Absent for a new channel, which gets one"`
	Name        string   `json:"name" minLength:"1" maxLength:"100" doc:"What people call it"`
	Type        Type     `json:"type" enum:"webhook,email,mqtt,chat" doc:"The way that it goes; the settings of the same name are needed"`
	Enabled     bool     `json:"enabled" doc:"Whether messages go there. Switched off, those that wait are thrown away"`
	MinSeverity Severity `json:"min_severity" enum:"low,medium,high,critical" doc:"Lesser alerts do not go there"`
	Values      bool     `json:"values" doc:"Whether messages carry measured values"`
	// QuietHours hold messages back; nil: none.
	QuietHours   *QuietHours `json:"quiet_hours,omitempty" doc:"When messages are held back. What is held goes as one digest at their end, without what was over by then"`
	AllowPrivate bool        `json:"allow_private" doc:"Whether the address may be loopback, link-local or in a private network. Such addresses are refused otherwise, because they are requested from where BunkerM runs"`

	Webhook *WebhookSettings `json:"webhook,omitempty" doc:"Where and how, for type webhook"`
	Email   *EmailSettings   `json:"email,omitempty" doc:"Where and how, for type email"`
	MQTT    *MQTTSettings    `json:"mqtt,omitempty" doc:"Where and how, for type mqtt"`
	Chat    *ChatSettings    `json:"chat,omitempty" doc:"Where and how, for type chat"`
}

// QuietHours are a part of each day, in the service's time zone. It may include midnight.
type QuietHours struct {
	From         string `json:"from" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"When they begin, such as 22:00"`
	To           string `json:"to" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"When they end, such as 07:00"`
	AlsoCritical bool   `json:"also_critical" doc:"Whether critical alerts are held back too"`
}

// WebhookSettings say whom to POST to. The body is a [Message]; the answer is to be 2xx within 10 s.
type WebhookSettings struct {
	URL    string `json:"url" maxLength:"2000" doc:"http or https. It may contain a token, so it is shown up to its host only: «unchanged» keeps the rest. With a receiver of your own rather use the secret"`
	Secret string `json:"secret" maxLength:"200" doc:"Signs each message: X-BunkerM-Signature is sha256= and the hex HMAC-SHA256 with it of X-BunkerM-Timestamp, a dot and the body. Empty: not signed. Shown as «unchanged», which keeps it"`
}

// EmailSettings say which server to hand mails to, and for whom.
type EmailSettings struct {
	Host     string   `json:"host" maxLength:"253" doc:"The mail server"`
	Port     int      `json:"port" minimum:"1" maximum:"65535" doc:"587 for starttls and 465 for implicit, mostly"`
	TLS      string   `json:"tls" enum:"starttls,implicit,none" doc:"starttls and implicit check the server's certificate. none sends everything, the password too, so that everybody on the way can read it"`
	Username string   `json:"username" maxLength:"320" doc:"Empty: without logging in"`
	Password string   `json:"password" maxLength:"500" doc:"Shown as «unchanged», which keeps it"`
	From     string   `json:"from" maxLength:"320" doc:"The sender's address"`
	To       []string `json:"to" nullable:"false" minItems:"1" maxItems:"20" doc:"The receivers' addresses"`
}

// MQTTSettings say where on the broker messages are published. The payload is a [Message].
type MQTTSettings struct {
	Topic  string `json:"topic" minLength:"1" maxLength:"1000" doc:"A topic without wildcards, and not below $SYS or $CONTROL"`
	QoS    int    `json:"qos" minimum:"0" maximum:"2" doc:"Quality of service"`
	Retain bool   `json:"retain" doc:"Whether who subscribes later gets the last message"`
}

// ChatSettings say which chat to write into.
type ChatSettings struct {
	URL string `json:"url" maxLength:"2000" doc:"The service and the place there, with its token: ntfy://host/topic, gotify://host/token, telegram://token@telegram?chats=id, slack://hook:a-b-c@webhook, discord://token@id, mattermost://host/token, pushover://shoutrrr:token@user, or the https address that Slack, Discord or Microsoft Teams give for a webhook. Shown as service and «unchanged», which keeps it"`
}

// ChannelStatus is how a channel is doing. The counters begin when the channel is made.
type ChannelStatus struct {
	ID          string    `json:"id" doc:"The channel"`
	Name        string    `json:"name" doc:"What people call it"`
	Type        Type      `json:"type" enum:"webhook,email,mqtt,chat" doc:"The way that it goes"`
	Enabled     bool      `json:"enabled" doc:"Whether messages go there"`
	Sent        int64     `json:"sent" doc:"Messages that the receiver has taken"`
	Failed      int64     `json:"failed" doc:"Messages that the receiver has refused for good, or not taken for a day"`
	Dropped     int64     `json:"dropped" doc:"Messages thrown away because too many were waiting"`
	Waiting     int64     `json:"waiting" doc:"Messages to be sent, now or again"`
	Held        int64     `json:"held" doc:"Messages held back until the quiet hours end"`
	LastError   string    `json:"last_error,omitempty" doc:"Why a message could not be sent, the last time that one could not"`
	LastErrorAt time.Time `json:"last_error_at,omitzero" doc:"When that was"`
	LastSuccess time.Time `json:"last_success_at,omitzero" doc:"When a message was taken last"`
	NextTry     time.Time `json:"next_try_at,omitzero" doc:"When the next message is tried, where one waits for that"`
}
