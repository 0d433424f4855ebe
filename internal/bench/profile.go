package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// profile has Caddy's admin endpoint sample where a subject spends its time, while
// it is under load, into a file for `go tool pprof`. A profile costs some percent:
// figures taken meanwhile are not to be kept.
func (m *measured) profile(ctx context.Context, w *world, dir, scenario string, long time.Duration) error {
	if m.running.admin == "" {
		return nil
	}
	done := make(chan error, 1)
	go func() {
		seen, err := m.load.send(ctx, w, m.running, long+2*time.Second, 0)
		w.say("%s: %.0f requests/s", m.name, seen.rate)
		done <- err
	}()
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", m.running.admin, max(1, int(long.Seconds())))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("profiling %s: %w", m.name, err)
	}
	defer response.Body.Close()
	name := strings.Map(func(r rune) rune {
		if r == ' ' || r == '/' {
			return '-'
		}
		return r
	}, scenario+"."+m.name+".pprof")
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.Copy(file, response.Body); err != nil {
		return fmt.Errorf("profiling %s: %w", m.name, err)
	}
	w.say("%s", file.Name())
	return <-done
}
