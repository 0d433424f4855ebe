package caddymodule

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// Outcomes that are no refusals; those are counted by their code.
const (
	outcomeForwarded = "forwarded"
	outcomePublic    = "public"
	outcomeAPI       = "api"
	outcomeConsole   = "console"
	outcomePreflight = "preflight"
)

// metrics counts what the gateway does. Labels come from closed sets that are
// resolved once: none ever holds a tenant, a user or anything a client sent.
type metrics struct {
	outcomes map[string]prometheus.Counter
	// forwarded and public are those of the outcomes that most requests have.
	forwarded, public prometheus.Counter

	refusals map[sanitize.Reason]prometheus.Counter
	reports  map[sanitize.Reason]prometheus.Counter
	strips   map[sanitize.Reason]prometheus.Counter
	panics   prometheus.Counter
	unlogged prometheus.Counter
}

// newMetrics registers the metrics. The registry is new at each reload; what is
// counted by the shared parts goes on.
func newMetrics(registry *prometheus.Registry, app *App) *metrics {
	requests := vector("tenantgate_requests_total",
		"Requests by what became of them: forwarded, public, api, console, preflight, or the code of the refusal.", "outcome")
	refused := vector("tenantgate_sanitizer_refusals_total", "Requests that were refused by a rule of the edge.", "reason")
	reported := vector("tenantgate_sanitizer_reports_total",
		"Requests that a rule of the edge would have refused, served because of report_only.", "reason")
	stripped := vector("tenantgate_sanitizer_stripped_total", "Fields that were taken off requests, by why.", "reason")
	m := &metrics{
		outcomes: make(map[string]prometheus.Counter),
		refusals: make(map[sanitize.Reason]prometheus.Counter),
		reports:  make(map[sanitize.Reason]prometheus.Counter),
		strips:   make(map[sanitize.Reason]prometheus.Counter),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tenantgate_panics_total",
			Help: "Requests that ended in a panic of the gateway.",
		}),
		unlogged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tenantgate_audit_refusals_lost_total",
			Help: "Refused attempts that could not be written into the audit log at their time.",
		}),
	}
	for _, outcome := range []string{outcomeForwarded, outcomePublic, outcomeAPI, outcomeConsole, outcomePreflight} {
		m.outcomes[outcome] = requests.WithLabelValues(outcome)
	}
	m.forwarded, m.public = m.outcomes[outcomeForwarded], m.outcomes[outcomePublic]
	for _, code := range httpapi.Codes() {
		m.outcomes[string(code)] = requests.WithLabelValues(string(code))
	}
	for _, reason := range sanitize.Reasons() {
		m.refusals[reason] = refused.WithLabelValues(string(reason))
		m.reports[reason] = reported.WithLabelValues(string(reason))
		m.strips[reason] = stripped.WithLabelValues(string(reason))
	}
	registry.MustRegister(requests, refused, reported, stripped, m.panics, m.unlogged, cacheCollector{app}, app.streams)
	return m
}

func vector(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
}

func (m *metrics) decided(outcome string) {
	if counter := m.outcomes[outcome]; counter != nil {
		counter.Inc()
	}
}

func (m *metrics) refused(reason sanitize.Reason)         { m.refusals[reason].Inc() }
func (m *metrics) reported(reason sanitize.Reason)        { m.reports[reason].Inc() }
func (m *metrics) stripped(reason sanitize.Reason, n int) { m.strips[reason].Add(float64(n)) }
func (m *metrics) panicked()                              { m.panics.Inc() }
func (m *metrics) refusalLost()                           { m.unlogged.Inc() }

var (
	lookups = prometheus.NewDesc("tenantgate_cache_lookups_total",
		"Look-ups by layer and result.", []string{"layer", "result"}, nil)
	entries = prometheus.NewDesc("tenantgate_cache_entries",
		"Answers kept in process.", []string{"layer"}, nil)
	redisFaults = prometheus.NewDesc("tenantgate_redis_faults_total",
		"Operations on Redis that failed.", nil, nil)
	redisTrusted = prometheus.NewDesc("tenantgate_redis_trusted",
		"1 where Redis is asked; 0 where it is away or may hold what was invalidated.", nil, nil)
	redisBreaker = prometheus.NewDesc("tenantgate_redis_breaker",
		"1 for the state that the breaker in front of Redis is in.", []string{"state"}, nil)
	fetches = prometheus.NewDesc("tenantgate_jwks_fetches_total",
		"Attempts to fetch the keys of trusted issuers, by result.", []string{"result"}, nil)
)

// cacheCollector reads the counters of the shared parts when it is asked.
type cacheCollector struct{ app *App }

// Describe implements prometheus.Collector.
func (c cacheCollector) Describe(to chan<- *prometheus.Desc) {
	describeFeed(to)
	for _, desc := range []*prometheus.Desc{lookups, entries, redisFaults, redisTrusted, redisBreaker, fetches} {
		to <- desc
	}
}

// Collect implements prometheus.Collector.
func (c cacheCollector) Collect(to chan<- prometheus.Metric) {
	select {
	case <-c.app.started:
	default:
		return
	}
	b, t := c.app.backend, c.app.tokens
	local(to, "memberships", b.Memberships.Stats())
	local(to, "names", b.Directory.NameStats())
	local(to, "defaults", b.Directory.DefaultStats())
	local(to, "identities", b.Identities.Stats())
	counted(to, fetches, t.fetched.Load(), "ok")
	counted(to, fetches, t.failed.Load(), "failed")
	if b.Feed != nil {
		collectFeed(to, b.Feed.Stats())
	}
	if b.Redis == nil {
		return
	}
	redis := b.Redis.Stats()
	counted(to, lookups, redis.Hits, "redis", "hit")
	counted(to, lookups, redis.Misses, "redis", "miss")
	counted(to, lookups, redis.Garbled, "redis", "garbled")
	counted(to, lookups, redis.Skipped, "redis", "skipped")
	counted(to, redisFaults, redis.Faults)
	for _, state := range []string{"closed", "half-open", "open"} {
		to <- prometheus.MustNewConstMetric(redisBreaker, prometheus.GaugeValue, oneIf(redis.Breaker == state), state)
	}
	trusted := 0.0
	if redis.Trusted && redis.Breaker == "closed" {
		trusted = 1
	}
	to <- prometheus.MustNewConstMetric(redisTrusted, prometheus.GaugeValue, trusted)
}

func local(to chan<- prometheus.Metric, layer string, stats cache.Stats) {
	counted(to, lookups, stats.Hits, layer, "hit")
	counted(to, lookups, stats.Misses, layer, "miss")
	counted(to, lookups, stats.Stale, layer, "stale")
	to <- prometheus.MustNewConstMetric(entries, prometheus.GaugeValue, float64(stats.Entries), layer)
}

func counted(to chan<- prometheus.Metric, desc *prometheus.Desc, n uint64, labels ...string) {
	to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), labels...)
}
