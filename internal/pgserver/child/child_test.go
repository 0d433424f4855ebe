package child_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/pgserver/child"
)

const partVar = "CHILD_TEST_PARENT"

// TestMain plays a parent that starts a program and waits to be killed.
func TestMain(m *testing.M) {
	if os.Getenv(partVar) == "" {
		os.Exit(m.Run())
	}
	process, err := child.Start(exec.Command("sleep", "60"), syscall.SIGTERM)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, process.Pid())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestProgramEndsWithItsParent(t *testing.T) {
	t.Parallel()
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), partVar+"=1")
	stays, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stays.Close() }()
	says, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(says).ReadString('\n')
	if err != nil {
		t.Fatalf("starting a program in another process: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	eventuallyGone(t, pid)
}

func eventuallyGone(t *testing.T, pid int) {
	t.Helper()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(20 * time.Second)
	for !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("the program (pid %d) outlived its parent", pid)
		}
	}
}

// A Ctrl-C goes to the group of the terminal: a server must not go before the
// gateway that uses it.
func TestProgramHasItsOwnGroup(t *testing.T) {
	t.Parallel()
	process, err := child.Start(exec.Command("sleep", "60"), syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	group, err := syscall.Getpgid(process.Pid())
	if err != nil || group != process.Pid() {
		t.Errorf("process group: got %d and %v, want %d", group, err, process.Pid())
	}
	if err := process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-process.Ended()
	if process.Err() == nil {
		t.Error("Err of a killed program: got nil")
	}
	if err := process.Signal(syscall.SIGKILL); !errors.Is(err, child.ErrGone) {
		t.Errorf("Signal after the end: got %v, want ErrGone", err)
	}
}

func TestProgramThatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := child.Start(exec.Command("/nonexistent"), syscall.SIGKILL); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}
