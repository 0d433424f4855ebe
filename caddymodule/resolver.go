package caddymodule

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// lookupTXT returns what asks the DNS for texts: the name server at an address,
// or the system's where that is empty.
func lookupTXT(server string) (func(ctx context.Context, name string) ([]string, error), error) {
	if server == "" {
		return net.DefaultResolver.LookupTXT, nil
	}
	address, err := netip.ParseAddrPort(server)
	if err != nil {
		var alone netip.Addr
		if alone, err = netip.ParseAddr(server); err != nil {
			return nil, fmt.Errorf("resolver: %q is no address, such as 10.0.0.2 or [2001:db8::2]:5353", server)
		}
		address = netip.AddrPortFrom(alone, 53)
	}
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address.String())
	}}
	return resolver.LookupTXT, nil
}
