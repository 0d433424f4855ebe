// Package e2e holds the end-to-end suite: the built gateway with the shipped
// Caddyfile, a real Postgres and a real Redis, and an upstream that keeps every
// byte it is sent. Its tests read like the contract: what a caller sends, what
// they are told, and what reached the upstream.
package e2e
