// Package postgres keeps Tenantgate's state in Postgres: it implements the
// contracts of package tenancy and the store of package manage. SQL stands
// beside the Scan that reads it, one file a noun; errors.go translates what
// the server says.
//
// The gateway works as the role tenantgate_app, whatever user it signs in as,
// and every transaction on a tenant's rows names that tenant first. Row-level
// security (see migrations/001_initial_schema.sql) is therefore a second wall
// behind every WHERE clause of this package.
package postgres
