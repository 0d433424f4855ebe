package tenancy

import "time"

// AuditEntry is a line of the audit log: who did what to what.
type AuditEntry struct {
	ID        EntryID
	Tenant    TenantID // zero: of the platform
	At        time.Time
	Actor     Person    // zero: an operator, or the gateway itself
	Session   SessionID // zero: none of ours
	RequestID string
	Action    string // "noun.verb"
	Target    string // "noun:id"
	Detail    map[string]string
	Seq       int64 // from 1, without gaps
	PrevHash  ChainHash
	Hash      ChainHash
}

// AuditQuery says which entries of a tenant's log are asked for. Zero fields
// ask for all.
type AuditQuery struct {
	From, To time.Time // From included, To not
	Actor    UserID
	Email    Email  // of the actor, where Actor is zero
	Action   string // "member.added", or "member.*"
	Limit    int
	After    AuditPlace // the last entry of the page before; zero: the first page
	// OldestFirst lists in the order of the chain; otherwise the newest come first.
	OldestFirst bool
}

// AuditPlace is a place in a log. It stays the same place when entries are added.
type AuditPlace struct {
	At  time.Time
	Seq int64
}
