package main

import (
	"os"
	"testing"
)

func TestRoomForTheCollector(t *testing.T) {
	t.Setenv("GOGC", "100")
	if giveRoom(); reserve != nil {
		t.Errorf("%d bytes although the operator has set GOGC", len(reserve))
	}
	if err := os.Unsetenv("GOGC"); err != nil { // Setenv puts it back
		t.Fatal(err)
	}
	t.Cleanup(func() { reserve = nil })
	if giveRoom(); len(reserve) != room {
		t.Errorf("got %d bytes, want %d", len(reserve), room)
	}
}
