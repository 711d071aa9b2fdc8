package monitor

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

func TestTopicsOfABroker(t *testing.T) {
	h := buildTopics(t, []string{"#", "$SYS/broker/#"})
	h.publish("plant/temperature", []byte("21.5"), false)
	h.publish("plant/temperature", []byte("22"), false)
	h.publish("plant/picture", []byte{0xff, 0xd8, 0}, false)
	h.publish("/leading", nil, false)
	got := h.topic("plant/temperature", func(topic Topic) bool { return topic.Messages == 2 })
	if value(got) != "utf8:22" || got.Retained || got.Rate <= 0 || got.LastSeen == nil || got.QoS != nil {
		t.Errorf("%+v", got)
	}
	if got := h.topic("plant/picture", func(Topic) bool { return true }); value(got) != "base64:/9gA" {
		t.Errorf("%+v", got)
	}
	h.topic("/leading", func(Topic) bool { return true })
	page := want[TopicPage](h, 200, "GET", "/monitor/topics?sort=rate&q=PLANT", "")
	if page.Total != 2 || page.Topics[0].Topic != "plant/temperature" || !page.Payloads || page.Since.IsZero() ||
		len(page.Observed) != 2 {
		t.Errorf("%+v", page)
	}
	levels := want[LevelPage](h, 200, "GET", "/monitor/topics/tree", "")
	if len(levels.Levels) != 2 || levels.Levels[0] != (Level{Name: "", Prefix: "/", Topics: 1, Messages: 1}) ||
		levels.Levels[1] != (Level{Name: "plant", Prefix: "plant/", Topics: 2, Messages: 3}) {
		t.Errorf("%+v", levels)
	}
	first := want[LevelPage](h, 200, "GET", "/monitor/topics/tree?limit=1&prefix=plant", "")
	second := want[LevelPage](h, 200, "GET", "/monitor/topics/tree?limit=1&prefix=plant&cursor="+first.NextCursor, "")
	if first.Levels[0].Name != "picture" || second.Levels[0].Name != "temperature" || second.NextCursor != "" || first.Total != 2 {
		t.Errorf("%+v, %+v", first, second)
	}
	h.asViewer()
	if got := h.topic("plant/temperature", func(Topic) bool { return true }); got.Payload != nil || got.State != stateNotPermitted || got.Messages != 2 {
		t.Errorf("a viewer sees %+v", got)
	}
}

func TestListsRefuseWhatTheyCannotAnswer(t *testing.T) {
	h := buildTopics(t, nil)
	for _, path := range []string{
		"/monitor/topics?limit=0", "/monitor/topics?limit=1001", "/monitor/topics?sort=size", "/monitor/topics?cursor=x",
		"/monitor/topics/tree?limit=1001", "/monitor/topics/tree?cursor=!", "/monitor/watch", "/monitor/watch?filter=",
		"/monitor/watch?filter=a%23", "/monitor/watch?filter=$CONTROL/%23", "/monitor/watch?filter=$SYSTEM/a",
		"/monitor/watch?filter=$share/g/a", "/monitor/watch?filter=a&filter=b&filter=c&filter=d&filter=e&filter=f",
	} {
		want[struct{}](h, 422, "GET", path, "")
	}
	page := want[TopicPage](h, 200, "GET", "/monitor/topics", "")
	if page.Topics == nil || page.Observed == nil || page.Total != 0 {
		t.Errorf("%+v", page)
	}
}

func TestRetainedMessagesOverConnections(t *testing.T) {
	h := buildTopics(t, []string{"#"}, brokertest.Conf("persistence true"))
	for _, name := range []string{"keeps", "loses"} {
		h.publish(name, []byte("v"), true)
		h.topic(name, func(topic Topic) bool { return topic.Retained })
	}
	want[struct{}](h, 204, "DELETE", "/monitor/topics/retained?topic=loses", "")
	h.topic("loses", func(topic Topic) bool { return !topic.Retained && topic.SizeBytes == 0 && topic.Messages == 2 })
	h.broker.Stop()
	h.broker.Start()
	h.eventually("the broker is observed again", func() bool { return h.topics.connection.Load() >= 2 })
	h.topic("keeps", func(topic Topic) bool { return topic.Retained && topic.Messages == 1 && value(topic) == "utf8:v" })
	// A broker that comes back without what it kept.
	h.publish("keeps", nil, true)
	h.topic("keeps", func(topic Topic) bool { return !topic.Retained && topic.Messages == 2 })
}

func TestPayloadOfTenMegabytes(t *testing.T) {
	h := buildTopics(t, []string{"#"}, brokertest.Conf("max_packet_size 20000000"))
	h.publish("huge", []byte(strings.Repeat("0123456789", 1<<20)), false)
	got := h.topic("huge", func(Topic) bool { return true })
	if got.SizeBytes != 10<<20 || got.State != statePart || len(*got.Payload) != 4096 {
		t.Errorf("%d bytes, %s", got.SizeBytes, got.State)
	}
}

func TestPublish(t *testing.T) {
	h := buildTopics(t, []string{"observed/#"})
	device, err := h.broker.Connect(t, h.broker.AdminUsername, h.broker.AdminPassword, "device")
	if err != nil {
		t.Fatal(err)
	}
	if code, err := device.Subscribe("#"); err != nil || code >= 0x80 {
		t.Fatal(code, err)
	}
	yes, no := true, false
	binary := []byte{0, 1, 0xfe, 0xff}
	for _, c := range []struct {
		body    string
		payload []byte
		want    Published
	}{
		{`{"topic":"a","payload":"on"}`, []byte("on"), Published{Topic: "a", SizeBytes: 2, QoS: 1, Acknowledged: true, Matched: &yes}},
		{`{"topic":"a","payload":"","qos":0}`, []byte{}, Published{Topic: "a"}},
		{`{"topic":"a","payload":"☃","qos":2,"retain":true}`, []byte("☃"), Published{Topic: "a", SizeBytes: 3, QoS: 2, Retain: true, Acknowledged: true}},
		{`{"topic":"a","payload":"` + base64.StdEncoding.EncodeToString(binary) + `","encoding":"base64"}`, binary, Published{Topic: "a", SizeBytes: 4, QoS: 1, Acknowledged: true, Matched: &yes}},
		{`{"topic":"observed/a","payload":"x"}`, []byte("x"), Published{Topic: "observed/a", SizeBytes: 1, QoS: 1, Acknowledged: true}},
	} {
		got := want[Published](h, 202, "POST", "/monitor/publish", c.body)
		if fmt.Sprintf("%+v", plainMatched(got)) != fmt.Sprintf("%+v", plainMatched(c.want)) {
			t.Errorf("%s: %+v, want %+v", c.body, plainMatched(got), plainMatched(c.want))
		}
		if m := <-device.Messages; m.Topic != c.want.Topic || string(m.Payload) != string(c.payload) {
			t.Errorf("%s: %+v comes", c.body, m)
		}
	}
	if err := device.Disconnect(); err != nil {
		t.Fatal(err)
	}
	h.broker.AwaitLog(`Client device (\[\S+\] )?disconnected`)
	if got := want[Published](h, 202, "POST", "/monitor/publish", `{"topic":"unheard","payload":"x"}`); got.Matched == nil || *got.Matched != no {
		t.Errorf("%+v", plainMatched(got))
	}
	h.topic("observed/a", func(topic Topic) bool { return value(topic) == "utf8:x" })

	h.mu.Lock()
	defer h.mu.Unlock()
	hash := sha256.Sum256(binary)
	got := h.records[3]
	wanted := Sent{Topic: "a", SizeBytes: 4, SHA256: hex.EncodeToString(hash[:]), QoS: 1}
	if len(h.records) != 6 || got.action != "message.publish" || got.object != "topic/a" || got.before != nil || got.after != wanted {
		t.Errorf("%d records, %+v", len(h.records), got)
	}
}

// plainMatched shows a pointer's value in a failure.
func plainMatched(p Published) any {
	matched := "unknown"
	if p.Matched != nil {
		matched = fmt.Sprint(*p.Matched)
	}
	p.Matched = nil
	return struct {
		Published
		Matched string
	}{p, matched}
}

func TestPublishRefuses(t *testing.T) {
	h := buildTopics(t, nil)
	for _, topic := range []string{"", "$SYS/a", "$CONTROL/dynamic-security/v1", "$share/a/b", "a/#", "+", "a\u0000", "a\nb", strings.Repeat("/", 201)} {
		body, err := json.Marshal(Publication{Topic: topic, Payload: "x"})
		if err != nil {
			t.Fatal(err)
		}
		want[struct{}](h, 422, "POST", "/monitor/publish", string(body))
		want[struct{}](h, 422, "DELETE", "/monitor/topics/retained?topic="+url.QueryEscape(topic), "")
	}
	for _, body := range []string{
		`{"topic":"a"}`, `{"payload":"x"}`, `{"topic":"a","payload":"x","qos":3}`, `{"topic":"a","payload":"x","qos":-1}`,
		`{"topic":"a","payload":"x","encoding":"hex"}`, `{"topic":"a","payload":"x","encoding":"base64"}`,
		`{"topic":"` + strings.Repeat("a", 65536) + `","payload":"x"}`,
	} {
		want[struct{}](h, 422, "POST", "/monitor/publish", body)
	}
	// The session has not been cut off by any of these, and the longest topic of all goes through.
	longest := strings.Repeat("a", 65535)
	want[Published](h, 202, "POST", "/monitor/publish", `{"topic":"`+longest+`","payload":"x"}`)
	if len(h.records) != 1 {
		t.Errorf("%d records", len(h.records))
	}
	h.broker.Kill()
	h.eventually("the broker is missed", func() bool {
		resp, err := h.server.Client().Post(h.server.URL+"/monitor/publish", "application/json", strings.NewReader(`{"topic":"a","payload":"x","qos":0}`))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusServiceUnavailable
	})
}

func TestNothingToPublishWith(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	if _, err := topics.Send(t.Context(), Publication{Topic: "a"}); err == nil {
		t.Error("it was sent")
	}
}
