package keeper

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
)

// FuzzReadMessage looks for input that makes the decoder crash, take more than one line, or accept what it could
// not have written itself.
func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("{\"protocol\":1,\"id\":7,\"op\":\"start\"}\n"))
	f.Add([]byte("{\"protocol\":2,\"id\":7,\"op\":\"status\",\"of\":{\"later\":[1,2]}}\n{}\n"))
	f.Add([]byte("{\"id\":18446744073709551616}\n"))
	f.Add([]byte("\n\n[]\nnull\n\"\xff\"\n"))
	f.Add([]byte(strings.Repeat("[", 10_000) + "\n"))
	f.Add([]byte(strings.Repeat("x", maxMessage+1)))
	f.Fuzz(func(t *testing.T, input []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(input), maxMessage)
		for range bytes.Count(input, []byte("\n")) + 1 {
			var req request
			err := readMessage(r, &req)
			if err != nil {
				if errors.Is(err, errNotMessage) {
					continue
				}
				return
			}
			line, err := encodeMessage(req)
			if err != nil || bytes.Count(line, []byte("\n")) != 1 {
				t.Fatalf("%+v is written as %q, %v", req, line, err)
			}
			var again request
			if err := readMessage(bufio.NewReaderSize(bytes.NewReader(line), maxMessage), &again); err != nil || again != req {
				t.Fatalf("%+v comes back as %+v, %v", req, again, err)
			}
		}
	})
}

func TestMessagesAreBounded(t *testing.T) {
	r := bufio.NewReaderSize(strings.NewReader(strings.Repeat(" ", maxMessage)+"{}\n"), maxMessage)
	if err := readMessage(r, &request{}); !errors.Is(err, errTooLong) {
		t.Errorf("message over the limit: %v", err)
	}
	// The longest status there can be: ten last words of the worst kind for JSON.
	word := remember(nil, bytes.Repeat([]byte{0x01}, wordBytes*2))[0]
	words := make([]string, wordsKept)
	for i := range words {
		words[i] = word
	}
	line, err := encodeMessage(response{Status: Status{LastWords: words}, Fault: toWire(refusal("exit status 3", words))})
	if err != nil || len(line) > maxMessage {
		t.Errorf("longest response has %d bytes, %v", len(line), err)
	}
}

func TestFaultsTravel(t *testing.T) {
	for _, want := range []*fault.Error{
		fault.New(fault.Refused, "said no").Hint("ask again"),
		fault.New(fault.Conflict, "not now"),
		fault.New(fault.Unavailable, "ending"),
		fault.New(fault.Malformed, "what"),
		fault.New(fault.Uncertain, "who knows"),
		fault.New(fault.Internal, "our mistake"),
	} {
		data, err := json.Marshal(toWire(want))
		if err != nil {
			t.Fatal(err)
		}
		var w wireFault
		if err := json.Unmarshal(data, &w); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, fault.From(w.err()), cmp.Comparer(func(a, b *fault.Error) bool {
			return a.Kind == b.Kind && a.Message == b.Message && a.HintText == b.HintText
		})); diff != "" {
			t.Error(diff)
		}
	}
	if w := toWire(errors.New("open /secret: permission denied")); strings.Contains(w.Message, "secret") {
		t.Errorf("a foreign error travels as %+v", w)
	}
	if toWire(nil).err() != nil {
		t.Error("no fault arrives as one")
	}
}

func TestBoardNeverWaitsForAWatcher(t *testing.T) {
	b := newBoard(Status{State: Stopped})
	changes, stop := b.watch() // and nobody reads
	for i := range 10 * watchQueue {
		b.show(Status{Restarts: i})
	}
	last := Status{Restarts: -1}
	for range watchQueue {
		if s := <-changes; s.Restarts > last.Restarts {
			last = s
		} else {
			t.Fatalf("%d comes after %d", s.Restarts, last.Restarts)
		}
	}
	if last.Restarts != 10*watchQueue-1 {
		t.Errorf("the latest change is %d", last.Restarts)
	}
	stop()
	b.show(Status{Restarts: -5})
	if len(changes) != 0 {
		t.Error("a watcher that has gone is told")
	}
}
