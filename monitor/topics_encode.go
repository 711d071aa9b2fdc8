package monitor

import (
	"encoding/base64"
	"unicode/utf8"
)

// The ways in which a payload is written in JSON.
const (
	encodingText   = "utf8"
	encodingBase64 = "base64"
)

// encodePayload writes a payload as text where it is valid UTF-8, else in base64. Where it is the beginning of one, a
// character that the cut has split does not make it binary: it is left out.
func encodePayload(value []byte, cut bool) (text, encoding string) {
	if cut {
		if whole := wholeRunes(value); utf8.Valid(whole) {
			value = whole
		}
	}
	if utf8.Valid(value) {
		return string(value), encodingText
	}
	return base64.StdEncoding.EncodeToString(value), encodingBase64
}

// wholeRunes takes the beginning of a character away that a cut has left at the end.
func wholeRunes(value []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(value); i++ {
		if last := value[len(value)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				return value[:len(value)-i]
			}
			break
		}
	}
	return value
}
