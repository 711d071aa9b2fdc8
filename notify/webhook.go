package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// webhook posts the message as JSON, with these headers beside the usual ones:
//
//	X-BunkerM-Event      what it is about, as in the body
//	X-BunkerM-Id         the same for a message that is sent again
//	Idempotency-Key      the same
//	X-BunkerM-Timestamp  seconds since 1970 of this try; a receiver refuses what is minutes old
//	X-BunkerM-Signature  sha256= and the hex HMAC-SHA256, with the channel's secret, of timestamp, a dot and the body
//
// 2xx is success. 408, 429, 5xx and errors of the network are tried again.
func (s *Service) webhook(ctx context.Context, c Channel, m Message) (answer string, _ *failure) {
	body, err := json.Marshal(m)
	if err != nil {
		return "", &failure{sentence: "the message cannot be written as JSON", final: true}
	}
	stamp := strconv.FormatInt(s.o.Clock().Unix(), 10)
	header := http.Header{}
	header.Set("X-BunkerM-Event", string(m.Event))
	header.Set("X-BunkerM-Id", m.ID)
	header.Set("Idempotency-Key", m.ID)
	header.Set("X-BunkerM-Timestamp", stamp)
	if c.Webhook.Secret != "" {
		header.Set("X-BunkerM-Signature", "sha256="+signature(c.Webhook.Secret, stamp, body))
	}
	return s.post(ctx, c, request{url: c.Webhook.URL, header: header, body: body})
}

func signature(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.", stamp) // a hash takes everything
	_, _ = mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
