// Package child starts programs that end with this one, however this one ends.
package child

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// ErrGone is what Signal returns once the program has ended.
var ErrGone = os.ErrProcessDone

// Process is a program that was started here.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error
}

// Start starts cmd in a process group of its own, so that a Ctrl-C meant for
// us does not reach it, and has lastWill sent to it when this process is gone,
// even by SIGKILL. It sets cmd.SysProcAttr's fields for that and keeps the
// others. The result is of use until its Ended is closed.
func Start(cmd *exec.Cmd, lastWill syscall.Signal) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	bequeath(cmd.SysProcAttr, lastWill)
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go p.run(started, lastWill)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run starts the program and waits for it on one thread that it keeps: the
// kernel's death signal follows the thread that forked, not the process.
func (p *Process) run(started chan<- error, lastWill syscall.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	release, err := watch(p.Pid(), lastWill)
	if err != nil {
		err = errors.Join(err, p.cmd.Process.Kill(), p.cmd.Wait())
		started <- err
		return
	}
	defer release()
	started <- nil
	p.err = p.cmd.Wait()
	close(p.ended)
}

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err says how the program ended, as exec.Cmd.Wait does; call it after Ended.
func (p *Process) Err() error { return p.err }

// Pid returns the id of the program's process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Signal sends sig to the program, or returns ErrGone.
func (p *Process) Signal(sig syscall.Signal) error { return p.cmd.Process.Signal(sig) }
