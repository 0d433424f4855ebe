//go:build !linux

package gatewaytest

import "syscall"

// dieWithParent can promise nothing here: Start's cleanup must run.
func dieWithParent() *syscall.SysProcAttr { return nil }
