package child_test

import (
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/tenantgate/tenantgate/internal/pgserver/child"
)

// The kernel sends the death signal when the thread that forked ends, and Go
// ends the thread of a locked goroutine with it.
func TestProgramOutlivesTheThreadThatAskedForIt(t *testing.T) {
	t.Parallel()
	type request struct {
		thread  int
		process *child.Process
		stdin   io.Closer
		err     error
	}
	// Two at once, since Go does not end the main thread.
	var requests [2]request
	var all, asked sync.WaitGroup
	all.Add(len(requests))
	for i := range requests {
		asked.Go(func() {
			runtime.LockOSThread()
			all.Done()
			all.Wait()
			r := &requests[i]
			r.thread = syscall.Gettid()
			cat := exec.Command("cat")
			if r.stdin, r.err = cat.StdinPipe(); r.err == nil {
				r.process, r.err = child.Start(cat, syscall.SIGKILL)
			}
		})
	}
	asked.Wait()
	for _, r := range requests {
		if r.err != nil {
			t.Fatal(r.err)
		}
		if r.thread != syscall.Getpid() {
			eventuallyGone(t, r.thread)
		}
	}
	for _, r := range requests {
		_ = r.stdin.Close()
		<-r.process.Ended()
		if err := r.process.Err(); err != nil {
			t.Errorf("a program whose input ended: got %v, want a clean end", err)
		}
	}
}
