package caddymodule

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tenantgate/tenantgate/internal/feed"
)

var (
	feedConnected = prometheus.NewDesc("tenantgate_feed_connected", "1 where the change feed has a connection.", nil, nil)
	feedCurrent   = prometheus.NewDesc("tenantgate_feed_current",
		"1 where the feed was heard within the lease; 0 where caches are not believed.", nil, nil)
	feedLag = prometheus.NewDesc("tenantgate_feed_lag_seconds",
		"How old the last reading of the feed is.", nil, nil)
	feedPosition = prometheus.NewDesc("tenantgate_feed_position",
		"The transaction id below which every change has been obeyed.", nil, nil)
	feedChanges = prometheus.NewDesc("tenantgate_feed_changes_total", "Changes obeyed.", nil, nil)
	feedLost    = prometheus.NewDesc("tenantgate_feed_reconnects_total", "Times the feed was connected anew.", nil, nil)
	waits       = prometheus.NewDesc("tenantgate_revocation_wait_seconds",
		"How long writes that took access away waited for other replicas.", nil, nil)
	waitedOut = prometheus.NewDesc("tenantgate_revocation_waited_out_total",
		"Of those, the ones that ended with the lease of a replica that did not answer.", nil, nil)
)

func describeFeed(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{feedConnected, feedCurrent, feedLag, feedPosition, feedChanges, feedLost, waits, waitedOut} {
		to <- desc
	}
}

func collectFeed(to chan<- prometheus.Metric, stats feed.Stats) {
	gauge := func(desc *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	gauge(feedConnected, oneIf(stats.Connected))
	gauge(feedCurrent, oneIf(stats.Current))
	gauge(feedLag, stats.Lag.Seconds())
	gauge(feedPosition, float64(stats.Position))
	counted(to, feedChanges, stats.Changes)
	counted(to, feedLost, stats.Reconnects)
	counted(to, waitedOut, stats.WaitedOut)
	buckets := make(map[float64]uint64, len(feed.WaitBounds))
	for i, bound := range feed.WaitBounds {
		buckets[bound.Seconds()] = stats.WaitBuckets[i]
	}
	to <- prometheus.MustNewConstHistogram(waits, stats.Waits, stats.WaitSeconds, buckets)
}

func oneIf(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
