package accessfile

import "strings"

// ReadPSK names the lines of a psk_file. None of them can be imported: TLS keys that both sides know are a matter of the
// listener, and dynamic security knows nothing of them.
func ReadPSK(text string) []Finding {
	f := findings{source: SourcePSK}
	eachLine(strings.TrimPrefix(text, bom), func(number int, line string) {
		if strings.HasPrefix(line, "#") || !strings.Contains(line, ":") {
			return
		}
		identity, _, _ := token(line, ":")
		identity = strings.Trim(identity, blanks)
		if unusableName(identity) != "" {
			identity = ""
		}
		f.add(number, Lost, identity, "a pre-shared key cannot be imported; the listener with psk_hint and psk_file has to stay, or the device needs a password or a certificate")
	})
	return f.all
}
