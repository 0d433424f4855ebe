package caddymodule

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// How often one reason is logged at most. Behind a load balancer that adds
// X-Real-IP, say, something is stripped off every request.
const (
	refusalsEvery = time.Second
	stripsEvery   = time.Minute
)

// journal counts what the sanitiser refuses and strips, and logs it at a bounded
// rate. No line holds anything that the client chose, nor its address: that is
// personal data, and where the operator keeps it, in the access log, the request
// id leads there.
type journal struct {
	log      *slog.Logger
	metrics  *metrics
	now      func() time.Time
	refusals map[sanitize.Reason]*pace
	strips   map[sanitize.Reason]*pace
}

// pace is how fast one reason may be logged, and how often it was not.
type pace struct {
	limiter *rate.Limiter
	leftOut atomic.Uint64
}

func newJournal(log *slog.Logger, metrics *metrics, now func() time.Time) *journal {
	j := &journal{
		log: log, metrics: metrics, now: now,
		refusals: make(map[sanitize.Reason]*pace),
		strips:   make(map[sanitize.Reason]*pace),
	}
	for _, reason := range sanitize.Reasons() {
		j.refusals[reason] = &pace{limiter: rate.NewLimiter(rate.Every(refusalsEvery), 1)}
		j.strips[reason] = &pace{limiter: rate.NewLimiter(rate.Every(stripsEvery), 1)}
	}
	return j
}

// refused takes down a request that broke a rule; it is served all the same where
// the policy only reports.
func (j *journal) refused(r *http.Request, id string, reason sanitize.Reason, reportOnly bool) {
	message := "request refused"
	if reportOnly {
		message = "request would be refused"
		j.metrics.reported(reason)
	} else {
		j.metrics.refused(reason)
	}
	j.write(r.Context(), j.refusals[reason], slog.LevelWarn, message,
		slog.String("reason", string(reason)), slog.String("method", methodName(r.Method)), slog.String("request_id", id))
}

// stripped takes down that n fields were taken off a request.
func (j *journal) stripped(ctx context.Context, id string, reason sanitize.Reason, n int) {
	j.metrics.stripped(reason, n)
	j.write(ctx, j.strips[reason], slog.LevelInfo, "fields stripped",
		slog.String("reason", string(reason)), slog.Int("fields", n), slog.String("request_id", id))
}

func (j *journal) write(ctx context.Context, p *pace, level slog.Level, message string, fields ...slog.Attr) {
	if !p.limiter.AllowN(j.now(), 1) {
		p.leftOut.Add(1)
		return
	}
	fields = append(fields, slog.Uint64("left_out", p.leftOut.Swap(0)))
	j.log.LogAttrs(ctx, level, message, fields...)
}

var namedMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace,
}

// methodName returns a method of RFC 9110, section 9.3, or of RFC 5789; any other
// is text of the client's.
func methodName(method string) string {
	if slices.Contains(namedMethods, method) {
		return method
	}
	return "other"
}
