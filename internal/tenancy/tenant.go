package tenancy

import (
	"encoding/json"
	"errors"
	"time"
)

// Tenant is a customer organisation of the product.
type Tenant struct {
	ID        TenantID
	Name      string
	Slug      string // lower-case ASCII, see ParseSlug
	Domain    string // the host that belongs to this tenant; empty: none
	Status    Status
	MaxUsers  int // seats: members and pending invitations together
	CreatedAt time.Time
	// Config holds the tenant's configuration, JSON values by key.
	Config map[string]json.RawMessage
}

// TenantEntry is a tenant in somebody's list: their role in it, and whether it
// is their current one. Role is RoleNone in a list that is not of one's own.
type TenantEntry struct {
	Tenant
	Role    Role
	Current bool
}

// Seats counts who fills a tenant.
type Seats struct {
	Members int // memberships of any status
	Pending int // invitations that have not expired; each holds a seat
	Max     int
}

// Available returns the seats that are still free, never less than none: an
// operator may lower Max below what is taken.
func (s Seats) Available() int { return max(0, s.Max-s.Members-s.Pending) }

const maxSlug = 63

// ErrBadSlug is what ParseSlug returns.
var ErrBadSlug = errors.New("a slug is 2 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit")

// ParseSlug reads a tenant's short name: a DNS label (RFC 1123, section 2.1)
// of at least two characters, in lower case. Nothing is folded or trimmed, and
// a UUID is no slug, so that X-Tenant has one reading.
func ParseSlug(s string) (string, error) {
	if len(s) < 2 || len(s) > maxSlug || s[0] == '-' || s[len(s)-1] == '-' {
		return "", ErrBadSlug
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return "", ErrBadSlug
		}
	}
	if _, err := ParseTenantID(s); err == nil {
		return "", ErrBadSlug
	}
	return s, nil
}
