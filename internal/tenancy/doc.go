// Package tenancy holds the words the whole gateway speaks: tenants, users,
// memberships, roles, the contracts the layers meet at, and the errors they
// share. It imports the standard library alone, and everything imports it.
package tenancy
