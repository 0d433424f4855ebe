package gatewaytest

import "syscall"

// dieWithParent ends the gateway with the test, however that ends.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
