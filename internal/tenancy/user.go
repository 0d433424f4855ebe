package tenancy

import "time"

// User is a person (or a machine) with an account.
type User struct {
	ID            UserID
	Email         Email
	Name          string
	Status        Status
	Role          PlatformRole
	CurrentTenant TenantID // a default only; zero: none
	CreatedAt     time.Time
	// EmailVerified says that the address is the account's own. Where it is not,
	// Email is a claim: it finds nobody, and opens nothing.
	EmailVerified bool
	Version       int64
}

// Account is a user together with what proves the password.
type Account struct {
	User
	// PasswordHash is an argon2id hash in PHC string form; empty: this user
	// cannot sign in with a password.
	PasswordHash string
}

// NewUser is what it takes to make an account.
type NewUser struct {
	ID           UserID
	Email        Email
	Name         string
	PasswordHash string
	Role         PlatformRole
}

// Caller is who asks for a use case. Stores check its rights inside the
// transaction and write it into the audit log.
type Caller struct {
	User      UserID
	Session   SessionID // zero: a token that belongs to no session of ours
	RequestID string
	// Once is set where the request came with an Idempotency-Key: the store says
	// in the transaction of the write that it was carried out.
	Once Once
}

// Subject is what a verified token says about its bearer.
type Subject struct {
	// User is set where the token was made by us, or under our shared secret.
	User UserID
	// Identity is set instead for a token of a trusted outside issuer.
	Identity  Identity
	Tenant    TenantID  // the tenant_id claim; zero: the token names none
	Session   SessionID // the sid claim; zero: none
	IssuedAt  time.Time // zero: the token does not say
	ExpiresAt time.Time
}

// Identity is a person as a trusted outside issuer names them. Issuer and
// Subject together are the name; the rest is what the issuer says of them.
type Identity struct {
	Issuer        string
	Subject       string
	Email         string // as the issuer spelled it
	EmailVerified bool
	Name          string
	// Provision says that this issuer's people get a user row at first sight.
	Provision bool
}
