package tenancy

// Registration is somebody who wants an account in a tenant. Exactly one of
// Create, Join and Invitation is set.
type Registration struct {
	// User is the account that the password has opened; zero: a new one is made of
	// Account, which claims its address until that is proven.
	User    UserID
	Account NewUser

	Create     *NewTenant // a tenant to make
	Join       string     // the slug of one to join
	Invitation []byte     // SHA-256 of the token of an invitation to accept
	MemberID   MemberID   // of the membership by Join or Invitation

	RequestID string
	VerifyID  MailID // of the mail that asks for a proof of the address
	// Open begins the session in the tenant that was entered (nil: none yet).
	Open func(user User, tenant *TenantEntry) (NewSession, error)
}

// Registered is the outcome of a registration. Tenant is nil where the
// membership waits for the address to be proven.
type Registered struct {
	User   User
	Tenant *TenantEntry
}

// ResetIDs are what a password reset may have to make.
type ResetIDs struct {
	Note      MailID   // of the mail that says so
	Member    MemberID // of a membership that waited for the address to be proven
	RequestID string
}
