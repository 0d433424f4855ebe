//go:build !unix

package upstream

import "syscall"

// probing is whether idle connections can be looked at.
const probing = false

// probe cannot look at a connection, so that none is used again.
type probe struct{}

func (*probe) init(syscall.Conn) {}

func (*probe) able() bool { return false }

func (*probe) quiet() bool { return false }
