package certs

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// Names are the names and addresses that a server is called by.
type Names struct {
	DNS       []string
	Addresses []netip.Addr
}

// Strings lists all of them, names first.
func (n Names) Strings() []string {
	all := slices.Clone(n.DNS)
	for _, a := range n.Addresses {
		all = append(all, a.String())
	}
	return all
}

// with adds what others has and n lacks.
func (n Names) with(others Names) Names {
	sum := Names{slices.Clone(n.DNS), slices.Clone(n.Addresses)}
	for _, name := range others.DNS {
		if !slices.Contains(sum.DNS, name) {
			sum.DNS = append(sum.DNS, name)
		}
	}
	for _, a := range others.Addresses {
		if !slices.Contains(sum.Addresses, a) {
			sum.Addresses = append(sum.Addresses, a)
		}
	}
	return sum
}

// mostNames bounds what a certificate names: small devices read a handshake of some kilobytes.
const mostNames = 40

// ParseNames reads names and addresses as people write them. The fault names those that are neither.
func ParseNames(texts []string) (Names, error) {
	var n Names
	wrong := fault.New(fault.Invalid, "not every name is one that a certificate can carry").
		Hint("give host names as in mqtt.example.org, or addresses as in 192.168.1.10")
	bad := false
	for i, text := range texts {
		text = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(text), "."))
		if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
			n = n.with(Names{Addresses: []netip.Addr{a.Unmap()}})
			continue
		}
		if !validName(text) {
			wrong, bad = wrong.At("body.names["+itoa(i)+"]", "is neither a host name nor an address"), true
			continue
		}
		n = n.with(Names{DNS: []string{text}})
	}
	if bad {
		return Names{}, wrong
	}
	if len(n.DNS)+len(n.Addresses) > mostNames {
		return Names{}, fault.Newf(fault.Invalid, "these are more than the %d names that a certificate may carry", mostNames)
	}
	return n, nil
}

// validName follows RFC 1123, with one * as the first label.
func validName(name string) bool {
	name = strings.TrimPrefix(name, "*.")
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
		}) {
			return false
		}
	}
	return true
}

// HostNames finds what this host is called: its name, the same with .local as mDNS announces it, localhost, and the addresses
// of its interfaces. Addresses that change by themselves, as IPv6 ones of the whole Internet do for privacy, and those of
// containers' bridges are left out.
func HostNames() Names {
	n := Names{DNS: []string{}}
	if name, err := os.Hostname(); err == nil {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		short, _, _ := strings.Cut(name, ".")
		for _, name := range []string{name, short, short + ".local"} {
			if validName(name) {
				n = n.with(Names{DNS: []string{name}})
			}
		}
	}
	n = n.with(Names{DNS: []string{"localhost"}, Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}})
	interfaces, err := net.Interfaces()
	if err != nil {
		return n
	}
	for _, ifc := range interfaces {
		if ifc.Flags&net.FlagUp == 0 || ifc.Flags&net.FlagLoopback != 0 || madeForContainers(ifc.Name) {
			continue
		}
		addresses, err := ifc.Addrs()
		if err != nil {
			continue
		}
		for _, address := range addresses {
			if prefix, err := netip.ParsePrefix(address.String()); err == nil && lasting(prefix.Addr().Unmap()) {
				n = n.with(Names{Addresses: []netip.Addr{prefix.Addr().Unmap()}})
			}
		}
	}
	if len(n.Addresses) > mostNames/2 {
		n.Addresses = n.Addresses[:mostNames/2]
	}
	return n
}

func madeForContainers(name string) bool {
	return slices.ContainsFunc([]string{"docker", "br-", "veth", "virbr", "cni", "flannel", "podman"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// lasting tells addresses that devices are given to keep.
func lasting(a netip.Addr) bool {
	return !a.IsLinkLocalUnicast() && (a.Is4() || a.IsPrivate())
}
