package sanitize

// foldByte maps a byte of a header name to what CGI (RFC 3875, section
// 4.1.18), WSGI and PHP make of it, up to their choice of "_" for our "-":
// letters to one case, digits to themselves, everything else to one separator.
var foldByte = func() (folded [256]byte) {
	for c := range folded {
		folded[c] = '-'
		if l := lower(byte(c)); l >= 'a' && l <= 'z' || l >= '0' && l <= '9' {
			folded[c] = l
		}
	}
	return folded
}()

// Fold returns the name that X_Tenant_ID, X.Tenant.ID and X!Tenant~ID share,
// "x-tenant-id": lower case, with every byte outside a-z and 0-9 a hyphen.
func Fold(name string) string {
	folded := []byte(name)
	for i, c := range folded {
		folded[i] = foldByte[c]
	}
	return string(folded)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// lowerASCII returns s itself where nothing is to be lowered. Unicode's lower
// case is of no use here: it makes a "k" of the Kelvin sign.
func lowerASCII(s string) string {
	for i := range len(s) {
		if s[i] != lower(s[i]) {
			lowered := []byte(s)
			for j, c := range lowered {
				lowered[j] = lower(c)
			}
			return string(lowered)
		}
	}
	return s
}

// equalFold reports whether s is lowered in another ASCII case. Not
// strings.EqualFold, to which the Kelvin sign is a "k": "websoc\u212Aet" must
// not pass for an upgrade that we know.
func equalFold(s, lowered string) bool {
	if len(s) != len(lowered) {
		return false
	}
	for i := range len(s) {
		if lower(s[i]) != lowered[i] {
			return false
		}
	}
	return true
}
