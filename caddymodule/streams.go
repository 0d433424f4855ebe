package caddymodule

import (
	"context"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/stream"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// streamPools holds one registry for all configurations: what was let through
// before a reload goes on after it, and can be ended.
var streamPools = caddy.NewUsagePool()

// streams is the registry of what is open, and counts what it closed.
type streams struct {
	*stream.Registry
	closed map[string]*atomic.Uint64 // by code
}

func newStreams(memberships tenancy.Memberships) *streams {
	s := &streams{closed: make(map[string]*atomic.Uint64)}
	for _, code := range []httpapi.Code{
		httpapi.NotAMember, httpapi.RoleRequired, httpapi.TenantSuspended, httpapi.TokenInvalid,
		stream.Expired, stream.Unconfirmed,
	} {
		s.closed[string(code)] = new(atomic.Uint64)
	}
	s.Registry = stream.New(stream.Config{
		Memberships: memberships,
		Judge: func(m tenancy.Membership, holder stream.Holder) string {
			subject := tenancy.Subject{User: m.User, Session: holder.Session, IssuedAt: holder.IssuedAt}
			return access.Reconsider(m, subject, holder.Need).String()
		},
		Closed: func(code string) {
			if n := s.closed[code]; n != nil {
				n.Add(1)
			}
		},
	})
	return s
}

// Destruct ends the registry's work.
func (s *streams) Destruct() error {
	s.Close()
	return nil
}

func acquireStreams() *streams {
	value, _, _ := streamPools.LoadOrNew("streams", func() (caddy.Destructor, error) {
		return newStreams(inForce{}), nil
	})
	return value.(*streams)
}

func releaseStreams() { _, _ = streamPools.Delete("streams") }

// inForce looks memberships up as the configuration does that answers requests
// now: the one that a stream was opened under may be gone.
type inForce struct{}

// Membership implements tenancy.Memberships.
func (inForce) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	b := running.backend()
	if b == nil {
		return tenancy.Membership{}, tenancy.ErrUnavailable
	}
	return b.Memberships.Membership(ctx, key)
}

var (
	streamsOpen = prometheus.NewDesc("tenantgate_streams_open",
		"Forwarded requests that have lasted for more than a second, by kind: websocket or http.", []string{"kind"}, nil)
	streamsClosed = prometheus.NewDesc("tenantgate_streams_closed_total",
		"Forwarded requests that were ended, because their bearer lost access (by the code of the refusal), their token "+
			"expired, or nobody could confirm them.", []string{"reason"}, nil)
)

// Describe implements prometheus.Collector.
func (s *streams) Describe(to chan<- *prometheus.Desc) {
	to <- streamsOpen
	to <- streamsClosed
}

// Collect implements prometheus.Collector.
func (s *streams) Collect(to chan<- prometheus.Metric) {
	for kind, n := range s.Count() {
		to <- prometheus.MustNewConstMetric(streamsOpen, prometheus.GaugeValue, float64(n), stream.Kind(kind).String())
	}
	for code, n := range s.closed {
		counted(to, streamsClosed, n.Load(), code)
	}
}
