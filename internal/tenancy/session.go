package tenancy

import "time"

// Session is one sign-in of one user; every access token made from it carries
// its id as the claim sid.
type Session struct {
	ID         SessionID
	User       UserID
	Tenant     TenantID // that its last access token names; zero: none
	UserAgent  string   // what the client called itself as it signed in, for people to read
	CreatedAt  time.Time
	LastUsedAt time.Time // when it last got tokens
	ExpiresAt  time.Time
}

// NewSession is a sign-in with its first refresh token.
type NewSession struct {
	Session
	RefreshHash []byte // SHA-256 of the token, which is never stored
	// PasswordHash is the one that the password was verified against; empty: none was.
	// Where the account has another by now, the session must not be opened: it would
	// outlive the change that was to end what the old password has opened.
	PasswordHash string
}

// The cookies that carry a browser's access token. Over TLS it is the second,
// with the prefix that no sibling domain and no plain-HTTP attacker can set (RFC
// 6265bis, section 4.1.3.2).
const (
	SessionCookie       = "tenantgate_session"
	SecureSessionCookie = "__Host-" + SessionCookie
)

// The cookies that carry a browser's refresh token, sent to RefreshPath alone.
// Over TLS it is the second; its path forbids the prefix __Host-, so a sibling
// domain could plant one: it counts only beside a session cookie of the same
// session.
const (
	RefreshCookie       = "tenantgate_refresh"
	SecureRefreshCookie = "__Secure-" + RefreshCookie
	RefreshPath         = "/api/v1/auth"
)
