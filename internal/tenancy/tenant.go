package tenancy

import (
	"encoding/json"
	"errors"
	"slices"
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
	Version   int64
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

// Entered is a tenant that a session has been moved to.
type Entered struct {
	TenantEntry
	SessionEnds time.Time // when the session expires; zero: there is none of ours
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

// NewTenant is what it takes to make a tenant.
type NewTenant struct {
	ID       TenantID
	MemberID MemberID // of its first admin
	Name     string
	Slug     string
}

// TenantChange says what becomes of a tenant. Nil fields stay.
type TenantChange struct {
	Name *string
	Slug *string
	// Domain is the one to prove; empty: none from now on.
	Domain      *string
	DomainToken string // for a Domain that is not in force yet
	MaxUsers    *int
	Status      *Status // active or suspended
	Match       Match
}

// ForPlatform reports whether only a platform admin may make this change: seats
// are what is paid for, and a suspension must not be the suspended one's to end.
func (c TenantChange) ForPlatform() bool { return c.MaxUsers != nil || c.Status != nil }

// ForAdmin reports whether the tenant's admins may make it.
func (c TenantChange) ForAdmin() bool { return c.Name != nil || c.Slug != nil || c.Domain != nil }

// PurgeAfter is how long a deleted tenant can be restored. purge_tenant of
// 004_tenant_lifecycle.sql holds to it too.
const PurgeAfter = 30 * 24 * time.Hour

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

// reserved are slugs that no tenant gets: what looks like a part of the product
// where a slug stands in an address, and what people take for its owner.
var reserved = []string{
	"abuse", "account", "accounts", "admin", "administrator", "api", "app", "apps", "assets", "audit", "auth", "autoconfig", "autodiscover",
	"billing", "blog", "cdn", "config", "console", "contact", "dashboard", "dev", "dns", "docs", "email", "ftp", "gateway", "health", "healthz",
	"help", "hostmaster", "imap", "info", "internal", "invitations", "legal", "localhost", "login", "logout", "mail", "me", "members",
	"metrics", "mx", "new", "news", "none", "noreply", "no-reply", "ns", "null", "oauth", "operator", "pop", "postmaster", "privacy", "public", "readyz",
	"register", "root", "security", "settings", "shop", "signin", "signup", "smtp", "sso", "ssl", "staging", "static", "status", "store", "support",
	"sysadmin", "system", "tenant", "tenantgate", "tenants", "terms", "test", "undefined", "user", "users", "webmail", "webmaster", "well-known",
	"wpad", "www",
}

// ErrReservedSlug is what NewSlug returns for a reserved word.
var ErrReservedSlug = errors.New("this slug is reserved")

// NewSlug is [ParseSlug] for a slug that a tenant is to get.
func NewSlug(s string) (string, error) {
	if slices.Contains(reserved, s) {
		return "", ErrReservedSlug
	}
	return ParseSlug(s)
}
