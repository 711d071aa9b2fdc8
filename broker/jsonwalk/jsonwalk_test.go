package jsonwalk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/bunkerm/bunkerm/broker/jsonwalk"
)

// rebuilt puts a value together again from what the walk tells of it.
func rebuilt(value []byte) []byte {
	var out bytes.Buffer
	if is, _ := jsonwalk.Members(value, func(rawKey, v []byte) error {
		out.Write(rawKey)
		out.WriteByte(':')
		out.Write(rebuilt(v))
		out.WriteByte(',')
		return nil
	}); is {
		return []byte("{" + string(bytes.TrimSuffix(out.Bytes(), []byte(","))) + "}")
	}
	if is, _ := jsonwalk.Elements(value, func(_ int, v []byte) error {
		out.Write(rebuilt(v))
		out.WriteByte(',')
		return nil
	}); is {
		return []byte("[" + string(bytes.TrimSuffix(out.Bytes(), []byte(","))) + "]")
	}
	return value
}

func FuzzTheWalkMissesNothing(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[ ]`, `{"a" : [1, -2.5e3,true , null], "b\"}" : {"c":"]\\"}}`, ` [[],{},"",[{"x":[0]}]] `, `7`, `"\u00e9"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			t.Skip()
		}
		value := bytes.Trim([]byte(text), " \t\r\n")
		if n := jsonwalk.Length(value); n != len(value) {
			t.Fatalf("%q is %d long, not %d", value, len(value), n)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, value); err != nil {
			t.Fatal(err)
		}
		if got := rebuilt(value); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%q became %q", value, got)
		}
	})
}

func TestAnErrorEndsTheWalk(t *testing.T) {
	stop := errors.New("enough")
	seen := 0
	is, err := jsonwalk.Elements([]byte(`[1,2,3]`), func(i int, _ []byte) error {
		seen++
		if i == 1 {
			return stop
		}
		return nil
	})
	if !is || !errors.Is(err, stop) || seen != 2 {
		t.Errorf("%v %v after %d", is, err, seen)
	}
}
