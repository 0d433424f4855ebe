package cache

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// socketTimeout bounds connecting, TLS included, which happens beside requests,
// and reading and writing where no context does so first.
const socketTimeout = time.Second

// errURL says what is accepted and nothing of what was given: where a password
// has an unescaped "/", "?" or "@", any part of the URL may be a part of it.
var errURL = errors.New(`redis (REDIS_URL): not usable; want one of
  redis://[user:password@]host[:6379][/db]
  unix://[user:password@]/path/to/redis.sock[?db=0]
  redis+sentinel://[user:password@]host[:26379][/db]?master_name=NAME[&addr=HOST:PORT...][&username=...&password=...]
  redis+cluster://[user:password@]host[:6379][?addr=HOST:PORT...]
or rediss, rediss+sentinel, rediss+cluster for TLS; special characters in a password percent-encoded`)

// Client is a connection pool to Redis, of whichever topology, that watches
// which servers it reaches.
type Client struct {
	redis.UniversalClient
	servers servers
}

// NewClient makes a client for a URL of one of these forms; it does not connect.
//
//	redis://, rediss://, unix://             as [redis.ParseURL] has them
//	redis+sentinel://, rediss+sentinel://    as [redis.ParseFailoverURL] has redis://, rediss://
//	redis+cluster://, rediss+cluster://      as [redis.ParseClusterURL] has redis://, rediss://
//
// With Sentinel, user and password before the host are for the Sentinels, those
// in the query for the data. Timeouts, retries and pipelining are ours to
// choose and cannot be set by the URL. Redis 7.0 or newer is needed (SET with
// NX and GET), or Valkey; the user needs INFO, DBSIZE, GET, SET, DEL, EVAL and
// EVALSHA, on keys "tg2:*". Gateways of different databases must not share one
// Redis database.
func NewClient(url string) (*Client, error) {
	redis.SetLogger(silent{})
	client := &Client{}
	client.servers.now = time.Now
	switch scheme, rest, _ := strings.Cut(url, "://"); scheme {
	case "redis", "rediss", "unix":
		return client.single(url)
	case "redis+sentinel", "rediss+sentinel":
		return client.sentinel(strings.TrimSuffix(scheme, "+sentinel") + "://" + rest)
	case "redis+cluster", "rediss+cluster":
		return client.cluster(strings.TrimSuffix(scheme, "+cluster") + "://" + rest)
	}
	return nil, errURL
}

func (c *Client) single(url string) (*Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errURL
	}
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DialTimeout = socketTimeout
	options.ReadTimeout = socketTimeout
	options.WriteTimeout = socketTimeout
	options.PoolTimeout = socketTimeout
	options.ContextTimeoutEnabled = true
	options.PipelinePoolSize = -1
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	options.OnConnect = c.servers.connected
	c.UniversalClient = redis.NewClient(options)
	return c, nil
}

func (c *Client) sentinel(url string) (*Client, error) {
	options, err := redis.ParseFailoverURL(url)
	if err != nil || options.MasterName == "" || options.ReplicaOnly {
		return nil, errURL
	}
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DialTimeout = socketTimeout
	options.ReadTimeout = socketTimeout
	options.WriteTimeout = socketTimeout
	options.PoolTimeout = socketTimeout
	options.ContextTimeoutEnabled = true
	options.PipelinePoolSize = -1
	options.DisableIdentity = true
	options.OnConnect = c.servers.connected
	c.UniversalClient = redis.NewFailoverClient(options)
	return c, nil
}

func (c *Client) cluster(url string) (*Client, error) {
	options, err := redis.ParseClusterURL(url)
	if err != nil {
		return nil, errURL
	}
	options.MaxRetries = -1
	options.MaxRedirects = 2
	options.ReadOnly, options.RouteByLatency, options.RouteRandomly = false, false, false
	options.DialerRetries = 1
	options.DialTimeout = socketTimeout
	options.ReadTimeout = socketTimeout
	options.WriteTimeout = socketTimeout
	options.PoolTimeout = socketTimeout
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	options.OnConnect = c.servers.connected
	c.UniversalClient = redis.NewClusterClient(options)
	return c, nil
}

// silent drops what go-redis would print on standard error for every failed
// dial; Redis logs one line an episode instead.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
