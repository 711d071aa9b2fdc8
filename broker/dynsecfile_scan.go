package broker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/broker/jsonwalk"
)

// members calls fn for each key of an object, in order.
func members(object []byte, fn func(key string, value []byte) error) error {
	seen := make([]string, 0, 8)
	isObject, err := jsonwalk.Members(object, func(rawKey, value []byte) error {
		key, err := unquote(rawKey)
		if err != nil {
			return err
		}
		folded := foldedKey(key)
		// The plugin would take the first, others the last. Nobody wrote that on purpose.
		if slices.Contains(seen, folded) {
			return fmt.Errorf("has the key %s twice", rawKey)
		}
		seen = append(seen, folded)
		if err := fn(key, value); err != nil {
			return fmt.Errorf("%s: %w", rawKey, err)
		}
		return nil
	})
	if !isObject {
		return fmt.Errorf("is not an object")
	}
	return err
}

// elements calls fn for each value of an array, in order.
func elements(array []byte, fn func(value []byte) error) error {
	isArray, err := jsonwalk.Elements(array, func(i int, value []byte) error {
		if err := fn(value); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
		return nil
	})
	if !isArray {
		return fmt.Errorf("is not an array")
	}
	return err
}

// unquote reads a string. Escapes that stand for no character, such as half of a surrogate pair, are refused:
// encoding/json would replace them, and the broker stops on them.
func unquote(value []byte) (string, error) {
	if len(value) < 2 || value[0] != '"' {
		return "", fmt.Errorf("is not a string")
	}
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return "", fmt.Errorf("is not a string: %w", err)
	}
	if strings.ContainsRune(s, utf8.RuneError) && !bytes.ContainsRune(inner, utf8.RuneError) &&
		!bytes.Contains(bytes.ToLower(inner), []byte(`\ufffd`)) {
		return "", fmt.Errorf("has an escape that stands for no character")
	}
	if strings.ContainsRune(s, 0) {
		return "", fmt.Errorf("has a NUL character")
	}
	return s, nil
}

// integer reads a whole number. The plugin's parser keeps all numbers as floating point, so 5.0 is one too.
func integer(value []byte) (int, error) {
	if n, err := strconv.ParseInt(string(value), 10, 32); err == nil {
		return int(n), nil
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, fmt.Errorf("is not a whole number of 32 bits")
	}
	return int(f), nil
}

func boolean(value []byte) (bool, error) {
	switch string(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("is neither true nor false")
}
