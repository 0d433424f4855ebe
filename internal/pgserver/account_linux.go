package pgserver

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// mapRootTo makes a process in a user namespace of its own, where root is
// called uid. The programs see that they are not root, and have its files.
func mapRootTo(uid, gid int) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: 0, Size: 1}},
	}
}

// canMap reports whether such a process can be made here. The kernel, its
// limits, seccomp and security modules all have a say, so it tries.
func canMap(ctx context.Context, uid, gid int) bool {
	cmd := exec.CommandContext(ctx, "true")
	cmd.SysProcAttr = mapRootTo(uid, gid)
	return cmd.Run() == nil
}

// isPostgres reports whether pid is a running Postgres.
func isPostgres(_ context.Context, pid int) bool {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	return err == nil && strings.HasPrefix(string(name), "postgres")
}
