package tenancy

// Status is the state of a tenant, a user or a membership. Only
// [StatusActive] opens anything; a value this binary does not know, as a newer
// one might write it, is therefore closed.
type Status string

// The states. Memberships are active or suspended; tenants and users may also
// be deleted, which is soft.
const (
	StatusActive    Status = "active"
	StatusSuspended Status = "suspended"
	StatusDeleted   Status = "deleted"
)
