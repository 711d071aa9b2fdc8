package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	sendTimeout = 10 * time.Second // for all of one try
	mostAnswer  = 64 << 10         // bytes of an answer that are read
	mostQuoted  = 200              // characters of it that are shown
)

// request is one JSON document for one address.
type request struct {
	url    string
	header http.Header // beside content type and user agent
	body   []byte
}

// post sends a request. answer is what the receiver said, in a sentence.
func (s *Service) post(ctx context.Context, c Channel, r request) (answer string, _ *failure) {
	secrets := c.secrets()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(r.body))
	if err != nil {
		return "", &failure{sentence: "the address of the channel is none", final: true}
	}
	if r.header != nil {
		req.Header = r.header
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "BunkerM")
	client := s.public
	if c.AllowPrivate {
		client = s.private
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", unreachable(err, secrets)
	}
	defer func() { _ = resp.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, mostAnswer)) // what is missing of it changes nothing
	status := fmt.Sprintf("the receiver answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	answer = strings.TrimSpace(status)
	if quote := clean(strings.TrimSpace(masked(string(said), secrets...)), mostQuoted); quote != "" {
		answer += ": " + quote
	}
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return answer, nil
	case code >= 300 && code < 400:
		f := &failure{sentence: strings.TrimSpace(status) + ", which sends us elsewhere; that is not followed", final: true}
		f.hint = "give the address that it leads to"
		if to, err := resp.Location(); err == nil {
			f.hint += ", on " + clean(to.Host, mostEntity)
		}
		return "", f
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return "", &failure{sentence: answer, after: patience(resp.Header.Get("Retry-After"), said, s.o.Clock())}
	}
	return "", &failure{sentence: answer, final: true, hint: "check the address and the token of the channel"}
}

// patience is how long a receiver asks us to wait: by the header Retry-After in seconds or as a date (RFC 9110, 10.2.3),
// or where it has none by retry_after in the answer of Telegram and Discord. 0: it does not ask. It is at most an hour.
func patience(header string, body []byte, now time.Time) time.Duration {
	var seconds float64
	if n, err := strconv.ParseFloat(header, 64); err == nil {
		seconds = n
	} else if at, err := http.ParseTime(header); err == nil {
		seconds = at.Sub(now).Seconds()
	} else {
		var said struct {
			RetryAfter float64 `json:"retry_after"`
			Parameters struct {
				RetryAfter float64 `json:"retry_after"`
			} `json:"parameters"`
		}
		if json.Unmarshal(body, &said) == nil {
			seconds = max(said.RetryAfter, said.Parameters.RetryAfter)
		}
	}
	if !(seconds > 0) { // NaN too
		return 0
	}
	return time.Duration(min(seconds, longestDelay.Seconds()) * float64(time.Second))
}
