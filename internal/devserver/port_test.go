package devserver_test

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/devserver"
)

func TestParsePort(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"": 8080, "1": 1, "8081": 8081, "65535": 65535} {
		if got, err := devserver.ParsePort(value); got != want || err != nil {
			t.Errorf("ParsePort(%q): got %d, %v, want %d", value, got, err, want)
		}
	}
	for _, value := range []string{"0", "-1", "65536", "http", "80 ", ":8080", "8080.0", "0x50"} {
		if got, err := devserver.ParsePort(value); err == nil || !strings.Contains(err.Error(), "API_PORT") {
			t.Errorf("ParsePort(%q): got %d, %v, want an error that names API_PORT", value, got, err)
		}
	}
}

func TestCheckPortNamesWhoHasItAndTheWayOut(t *testing.T) {
	t.Parallel()
	for _, address := range []string{":0", "127.0.0.1:0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		port := listener.Addr().(*net.TCPAddr).Port
		wants := []string{fmt.Sprintf("port %d is taken", port), fmt.Sprintf("API_PORT=%d make run", port+1)}
		if runtime.GOOS == "linux" {
			wants = append(wants, fmt.Sprintf("pid %d", os.Getpid()))
		}
		err = devserver.CheckPort(t.Context(), port)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("CheckPort of a port taken at %s: got %v, want an error with %q", address, err, want)
			}
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		if err := devserver.CheckPort(t.Context(), port); err != nil {
			t.Errorf("CheckPort of a free port: got %v, want none", err)
		}
	}
}
