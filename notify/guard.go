package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"datai/catalog"
)

// Guard keeps requests to addresses that people type out of the network that
// the server stands in.
type Guard struct {
	// Allow are networks of the campus that may be called all the same.
	Allow []netip.Prefix
}

// inside are networks that nobody on the internet is in: what the registry of
// IPv4 special-purpose addresses lists (RFC 6890, table 1 to 16; RFC 5735) beside
// those that netip knows. Of IPv6 only global unicast, 2000::/3 (RFC 4291,
// section 2.4), may be called, without what leads on to an IPv4 address: Teredo
// and its kin in 2001::/23 (RFC 2928) and 6to4 (RFC 3056).
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
}

var globalUnicast = netip.MustParsePrefix("2000::/3")

// Lets reports whether an address may be called.
func (g Guard) Lets(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	in := func(p netip.Prefix) bool { return p.Contains(a) }
	switch {
	case slices.ContainsFunc(g.Allow, in):
		return true
	case !a.IsGlobalUnicast(), a.IsPrivate(), a.IsLoopback(), a.IsLinkLocalUnicast(), slices.ContainsFunc(inside, in):
		return false
	}
	return a.Is4() || globalUnicast.Contains(a)
}

// errInside says that an address leads to the inside.
var errInside = errors.New("the address leads to the inside of the network")

// Vet looks up where an address leads, so that a wrong one is refused when it is
// typed. What it leads to later is looked at again whenever it is called.
func (g Guard) Vet(ctx context.Context, address string) error {
	refused := catalog.Refuse(catalog.Invalid, "receivers.inside")
	u, err := url.Parse(address)
	if err != nil {
		return refused
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil || len(found) == 0 {
		return catalog.Refuse(catalog.Invalid, "receivers.unknown_host").Because(err)
	}
	if slices.ContainsFunc(found, func(a netip.Addr) bool { return !g.Lets(a) }) {
		return refused
	}
	return nil
}

// Client makes a client that calls nobody inside: the address is checked when
// the connection is made, after its name was looked up for the last time, so
// that a name which leads elsewhere by then (DNS rebinding) does not pass. It
// follows no redirects and takes no proxy from the environment.
func (g Guard) Client() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !g.Lets(to.Addr()) {
			return finally("inside", errInside)
		}
		return nil
	}}
	return &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
