package sanitize

import "net/http"

// Strip takes from r what a client may not say: protected names and look-alikes
// of known ones, trailers, connection options and upgrades that we do not
// know, and the fields that end at this hop. It rewrites target and host to
// their canonical spelling. It calls observe once for each reason, with how
// many fields (or options) it took; observe must not be nil.
//
// r must have passed Check (or been let pass by a policy that only reports) and
// be a shallow copy of the server's request; the package comment tells why. Its
// Header and URL are changed in place.
func (p *Policy) Strip(r *http.Request, observe func(reason Reason, n int)) {
	names, hops, trailers := p.stripNames(r.Header)
	report(observe, ReasonName, names)
	report(observe, ReasonHopByHop, hops)
	report(observe, ReasonTrailer, trailers+len(r.Trailer))
	r.Trailer = nil
	stripHops(r, observe)
	p.canonicalTarget(r)
	canonicalHost(r)
}

func report(observe func(Reason, int), reason Reason, n int) {
	if n > 0 {
		observe(reason, n)
	}
}

// stripNames deletes by name alone. Header keys that net/http has made are
// canonical; one that is not was put there by a handler before us, and would go
// out beside the canonical one.
func (p *Policy) stripNames(h http.Header) (names, hops, trailers int) {
	for key := range h {
		class, spelled := p.names.classify(key)
		switch {
		case class == free:
			continue
		case class == hopByHop:
			hops++
		case class == trailer:
			trailers++
		case class == protected || !spelled || key != http.CanonicalHeaderKey(key):
			names++
		case class == hostField:
			// Not an attack: r.Host has been made of it.
		default:
			continue
		}
		delete(h, key)
	}
	return names, hops, trailers
}
