//go:build unix

package upstream

import (
	"errors"
	"syscall"
)

// probing is whether idle connections can be looked at.
const probing = true

// probe looks whether an idle connection is as it should be: open, and with
// nothing to read. A Transport's goroutine would be waiting on it to see this.
type probe struct {
	raw  syscall.RawConn
	look func(fd uintptr) bool // made once
	err  error
}

func (p *probe) init(conn syscall.Conn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	p.raw = raw
	p.look = func(fd uintptr) bool {
		var one [1]byte
		_, _, p.err = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return true
	}
}

// able reports whether the connection can be looked at.
func (p *probe) able() bool { return p.raw != nil }

// quiet reports whether nothing has happened on the connection.
func (p *probe) quiet() bool {
	return p.raw.Read(p.look) == nil && (errors.Is(p.err, syscall.EAGAIN) || errors.Is(p.err, syscall.EWOULDBLOCK))
}
