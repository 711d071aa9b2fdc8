package notify

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis ends what was cut.
const ellipsis = '…'

// clean is a text of one line that may stand in a mail's subject, a chat and a page: what is not visible is escaped, and
// it has at most so many characters. Cleaning twice changes nothing more.
func clean(text string, most int) string { return cleanText(text, most, false) }

// cleanLines is clean for a text of several lines. Line breaks and tabs of any kind become "\n" and spaces.
func cleanLines(text string, most int) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "    ").Replace(text)
	return cleanText(text, most, true)
}

func cleanText(text string, most int, lines bool) string {
	var b strings.Builder
	b.Grow(min(len(text), 4*most))
	n := 0    // characters written
	fits := 0 // bytes that were written when there was still room for the ellipsis
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		piece := text[i : i+size]
		switch {
		case r == utf8.RuneError && size == 1:
			piece = `\x` + strconv.FormatUint(uint64(text[i])|0x100, 16)[1:]
		case r == '\n' && lines:
		case unicode.Is(unicode.Zs, r):
			piece = " "
		case !unicode.IsPrint(r) || unseen(r):
			piece = `\u{` + strconv.FormatInt(int64(r), 16) + `}`
		}
		n += utf8.RuneCountInString(piece)
		if n > most {
			return b.String()[:fits] + string(ellipsis)
		}
		b.WriteString(piece)
		if n < most {
			fits = b.Len()
		}
		i += size
	}
	return b.String()
}

// unseen reports characters that Unicode counts among letters and marks, and that nevertheless show nothing: they let two
// different names look the same.
//
// Source: the property Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt, without its format characters,
// which are not printable anyway, and without the variation selectors 15 and 16 of emoji.
func unseen(r rune) bool {
	switch {
	case r == 0x034f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r == 0x2800, // joiner, fillers, empty braille
		r == 0x17b4, r == 0x17b5, 0x180b <= r && r <= 0x180f,
		0xfe00 <= r && r <= 0xfe0d, 0xe0000 <= r && r <= 0xe0fff:
		return true
	}
	return false
}

// cleanURL is the address as people may follow it; empty where it is none of the web.
func cleanURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	if text = u.String(); len(text) > mostURL || clean(text, mostURL) != text {
		return ""
	}
	return text
}

// masked is a text without the given secrets, such as the error of a library that repeats the address which it was asked
// to call. Secrets too short to be told from words are left.
func masked(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue
		}
		for _, form := range []string{secret, url.PathEscape(secret), url.QueryEscape(secret), strconv.Quote(secret)} {
			text = strings.ReplaceAll(text, form, "…")
		}
	}
	return text
}
