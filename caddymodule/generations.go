package caddymodule

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// drain is how long the connections of a configuration stay open after a reload
// that changed what is behind them: Caddy lets requests under way finish, but
// does not wait for them before it cleans up.
var drain = 30 * time.Second

// generations are the apps that have started: the one in force, last, and those
// before it that have not been cleaned up.
type generations struct {
	mu   sync.Mutex
	apps []*App
}

// running are those of this process.
var running generations

func (g *generations) begin(app *App) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.apps = append(g.apps, app)
}

// any reports whether an app is running that another one would replace.
func (g *generations) any() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.apps) > 0
}

// end reports whether another app has taken over from this one.
func (g *generations) end(app *App) (replaced bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := slices.Index(g.apps, app)
	if at < 0 {
		return false
	}
	replaced = at < len(g.apps)-1
	g.apps = slices.Delete(g.apps, at, at+1)
	return replaced
}

// backend returns what the app in force has behind it; nil: none has started.
func (g *generations) backend() *backend {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, app := range slices.Backward(g.apps) {
		select {
		case <-app.started:
			return app.backend
		default: // it is connecting
		}
	}
	return nil
}

func (g *generations) log() slog.Handler {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.apps) == 0 {
		return slog.Default().Handler()
	}
	return g.apps[len(g.apps)-1].settings.log.Handler()
}

// lastingLog is the logger of what outlives a reload. It writes to the log of the
// configuration in force: the one that an object was made under may be closed.
func lastingLog() *slog.Logger {
	return slog.New(lastingHandler{func(h slog.Handler) slog.Handler { return h }})
}

// lastingHandler finds the handler anew for each record, and then does to it what
// With and WithGroup asked for.
type lastingHandler struct {
	prepare func(slog.Handler) slog.Handler
}

// Enabled implements slog.Handler.
func (h lastingHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return running.log().Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h lastingHandler) Handle(ctx context.Context, record slog.Record) error {
	return h.prepare(running.log()).Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h lastingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lastingHandler{func(next slog.Handler) slog.Handler { return h.prepare(next).WithAttrs(attrs) }}
}

// WithGroup implements slog.Handler.
func (h lastingHandler) WithGroup(name string) slog.Handler {
	return lastingHandler{func(next slog.Handler) slog.Handler { return h.prepare(next).WithGroup(name) }}
}
