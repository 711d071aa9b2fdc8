package clientlogs

import (
	"strings"
	"time"
)

// clean makes an event's texts such as every database takes: no NUL, which no MQTT name may contain anyway, and valid
// UTF-8. They are cut where they are longer than any line of the log.
func clean(e *Event) {
	for _, text := range []*string{&e.ClientID, &e.Username, &e.Address, &e.Topic, &e.Raw} {
		if len(*text) > mostText {
			*text = (*text)[:mostText]
		}
		*text = strings.ReplaceAll(strings.ToValidUTF8(*text, "\uFFFD"), "\x00", "\uFFFD")
	}
	e.Count = max(e.Count, 1)
	e.Time = e.Time.UTC().Truncate(time.Millisecond)
	e.Until = e.Until.UTC().Truncate(time.Millisecond)
}

// mostText is more than a line of the log can hold.
const mostText = 2048
