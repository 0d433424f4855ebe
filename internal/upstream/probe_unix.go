//go:build unix

package upstream

import "syscall"

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

// quiet reports whether nothing has happened on the connection. Where it cannot
// be looked at, that is seen when it is used.
func (p *probe) quiet() bool {
	if p.raw == nil {
		return true
	}
	return p.raw.Read(p.look) == nil && (p.err == syscall.EAGAIN || p.err == syscall.EWOULDBLOCK)
}
