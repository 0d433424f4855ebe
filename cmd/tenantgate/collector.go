package main

import (
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// room is what the garbage collector may let the heap grow by, besides what is in
	// use, before it runs.
	room = 48 << 20
	// roomy is the least memory that there has to be for that.
	roomy = 512 << 20
)

// reserve is never touched, so it takes no memory; but the collector counts it as
// in use, and lets the heap grow by as much as is in use (GOGC=100). A gateway has
// 25 MiB in use, and collecting whenever there are 25 MiB more cost it a tenth of
// its processor time. A larger GOGC would do the same, and double what a gateway
// with a million memberships takes.
var reserve []byte

// giveRoom makes the reserve, unless the operator has set GOGC or memory is short:
// under a memory limit, which Caddy sets from the control group, it would have
// the collector run more often instead.
func giveRoom() {
	if os.Getenv("GOGC") != "" || debug.SetMemoryLimit(-1) < roomy {
		return
	}
	if limit, err := memlimit.FromCgroup(); err == nil && limit < roomy {
		return
	}
	if limit, err := memlimit.FromSystem(); err == nil && limit < roomy {
		return
	}
	reserve = make([]byte, room)
}
