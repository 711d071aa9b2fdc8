package reach

import (
	"encoding/binary"
	"net/netip"
)

// special are the blocks that are not for the internet, beside those that net/netip names.
// Source: the IANA registries of special-purpose IPv4 and IPv6 addresses.
func special() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // this network, RFC 791
		netip.MustParsePrefix("100.64.0.0/10"),   // behind a provider's NAT, RFC 6598
		netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments, RFC 6890
		netip.MustParsePrefix("192.0.2.0/24"),    // documentation, RFC 5737
		netip.MustParsePrefix("192.88.99.0/24"),  // former 6to4 relays, RFC 7526
		netip.MustParsePrefix("198.18.0.0/15"),   // measurements, RFC 2544
		netip.MustParsePrefix("198.51.100.0/24"), // documentation, RFC 5737
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation, RFC 5737
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and the broadcast address, RFC 1112
		netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo among them, RFC 2928
		netip.MustParsePrefix("2001:db8::/32"),   // documentation, RFC 3849
		netip.MustParsePrefix("3fff::/20"),       // documentation, RFC 9637
	}
}

// Public reports whether an address is one of the internet: not loopback, link-local, private, behind a provider's NAT,
// multicast, unspecified, reserved or for documentation. An IPv4 address that is written within IPv6 (mapped, NAT64, 6to4)
// counts as the IPv4 address that it leads to.
func Public(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if !a.IsValid() {
		return false
	}
	if a.Is6() {
		if !netip.MustParsePrefix("2000::/3").Contains(a) { // everything that is given out to anybody, RFC 4291
			inner, ok := within(a, netip.MustParsePrefix("64:ff9b::/96"), 12) // NAT64, RFC 6052
			return ok && Public(inner)
		}
		if inner, ok := within(a, netip.MustParsePrefix("2002::/16"), 2); ok { // 6to4, RFC 3056
			return Public(inner)
		}
	}
	for _, p := range special() {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsGlobalUnicast() && !a.IsPrivate()
}

// within is the IPv4 address that stands in an IPv6 address of the block, offset bytes behind its beginning.
func within(a netip.Addr, block netip.Prefix, offset int) (netip.Addr, bool) {
	if !block.Contains(a) {
		return netip.Addr{}, false
	}
	bytes := a.As16()
	var inner [4]byte
	binary.BigEndian.PutUint32(inner[:], binary.BigEndian.Uint32(bytes[offset:]))
	return netip.AddrFrom4(inner), true
}
