// Package devserver is `tenantgate dev` apart from the gateway itself: a
// private Postgres, the schema, demo tenants and people, a demo call-center
// service to stand behind the gateway, and the commands to try it with.
//
// None of it is for production: the demo accounts have a published password.
package devserver
