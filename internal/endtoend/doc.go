// Package endtoend drives the built gateway as its users do: real sockets, real
// Postgres, real Redis, and an upstream that records raw bytes. It holds tests
// alone; what runs the gateway is in package gatewaytest.
package endtoend
