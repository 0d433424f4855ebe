package caddymodule

import "github.com/caddyserver/caddy/v2"

// TokenConfig says which tokens are believed, and how ours are made.
type TokenConfig struct {
	// Secret signs and verifies HS256 tokens: ours, and those that the product's
	// own login service makes with it. At least 32 bytes.
	Secret string `json:"secret,omitempty"`
	// SigningKey is a PEM file with the private key (Ed25519, P-256 or RSA) that
	// signs our tokens instead of the secret. Its public half is then served at
	// /.well-known/jwks.json.
	SigningKey string `json:"signing_key,omitempty"`
	// Issuer is the iss of our tokens. Default: tenantgate.
	Issuer string `json:"issuer,omitempty"`
	// Audience is the aud that our tokens carry and must carry. Default: tenantgate.
	Audience string `json:"audience,omitempty"`
	// Leeway is how far clocks may be apart. Default: 30s.
	Leeway *caddy.Duration `json:"leeway,omitempty"`
	// AccessTTL is how long an access token is good for. Default: 15m.
	AccessTTL *caddy.Duration `json:"access_ttl,omitempty"`
	// RefreshTTL is how long a session lasts. Default: 720h.
	RefreshTTL *caddy.Duration `json:"refresh_ttl,omitempty"`
	// Trust lists outside issuers whose tokens are accepted too.
	Trust []TrustConfig `json:"trust,omitempty"`
}

// MailConfig says how mails go out.
type MailConfig struct {
	// SMTP is the server: smtp://[user:password@]host[:587] with STARTTLS, or
	// smtps://host[:465]. Empty: no mails are sent.
	SMTP string `json:"smtp,omitempty"`
	// From is the sender's address, with or without a name.
	From string `json:"from,omitempty"`
}

// TrustConfig is one outside issuer. Exactly one of JWKS and Key is set.
type TrustConfig struct {
	// Issuer is the exact iss of its tokens.
	Issuer string `json:"issuer"`
	// JWKS is the URL of its key set: https, or http on loopback.
	JWKS string `json:"jwks,omitempty"`
	// Key is a PEM file with its public key.
	Key string `json:"key,omitempty"`
	// Audience lists the aud values of which a token must carry one.
	Audience []string `json:"audience,omitempty"`
	// Algorithms lists what it signs with: RS256, PS256, ES256, EdDSA.
	Algorithms []string `json:"algorithms,omitempty"`
	// Provision makes a user row for a person at first sight, or maps them to the
	// account of their verified address.
	Provision *bool `json:"provision,omitempty"`
}

// CacheConfig bounds what the gateway remembers.
type CacheConfig struct {
	// Memberships is how many memberships are kept in process. Default: 1000000.
	Memberships int `json:"memberships,omitempty"`
	// Tokens is how many verified tokens are kept. Default: 100000.
	Tokens int `json:"tokens,omitempty"`
	// TTL is how long a membership is believed at most. Default: 5m.
	TTL *caddy.Duration `json:"ttl,omitempty"`
	// Lease is how long the process cache is believed without hearing from
	// Postgres. Default: 2s.
	Lease *caddy.Duration `json:"lease,omitempty"`
	// StaleIfError is how long members that were known before are still served
	// while Postgres is away. Default: 0s, never.
	StaleIfError *caddy.Duration `json:"stale_if_error,omitempty"`
}

// SanitizeConfig holds an operator's exceptions from what the edge refuses, and
// additions to what it strips.
type SanitizeConfig struct {
	// ReportOnly serves what would be refused, and counts and logs it. Default: off.
	ReportOnly *bool `json:"report_only,omitempty"`
	// AllowMethods lists methods beyond GET, HEAD, POST, PUT, PATCH, DELETE and
	// OPTIONS, in their exact spelling.
	AllowMethods []string `json:"allow_methods,omitempty"`
	// AllowEncoded lists escapes that a path may hold, such as %2F. Rules see them
	// decoded.
	AllowEncoded []string `json:"allow_encoded,omitempty"`
	// Protect lists request headers to strip besides those that always are; one that
	// ends in * stands for every name that starts so.
	Protect []string `json:"protect,omitempty"`
}

// Requirement is a rule of the gate: who may use these methods on these paths.
type Requirement struct {
	// Role is the least role: viewer, member or admin.
	Role string `json:"role"`
	// Methods lists upper-case methods; "*" is every method.
	Methods []string `json:"methods"`
	// Paths are exact, or end in /* for all that lies beneath.
	Paths []string `json:"paths"`
}
