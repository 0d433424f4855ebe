package cache

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Limits is a tenancy.Limiter that replicas share. What is counted in Redis is
// counted in the next limiter as well: where Redis is away, or slower than its
// time, that one has seen what this process saw.
type Limits struct {
	next   tenancy.Limiter
	client *Client
	now    func() time.Time
	within time.Duration // what Redis may take
	rest   atomic.Int64  // Redis is left alone until then, in Unix nanoseconds
}

// restFor is how long a Redis that has failed is not asked: a flood must not wait
// for it, one after the other.
const restFor = time.Second

// NewLimits returns a Limits in front of next. Whoever made the client closes it.
func NewLimits(next tenancy.Limiter, client *Client) *Limits {
	return &Limits{next: next, client: client, now: time.Now, within: operationTimeout}
}

// takeScript is Limit.Next by the clock of the server, in microseconds. It counts
// nothing where the answer is to wait.
var takeScript = redis.NewScript(`
local time = redis.call('TIME')
local now, each, burst = time[1] * 1000000 + time[2], tonumber(ARGV[1]), tonumber(ARGV[2])
local paid = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
local wait = paid + each - now - each * burst
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', paid + each), 'PX', math.ceil((paid + each - now) / 1000))
return 0`)

// giveBackScript takes one use back.
var giveBackScript = redis.NewScript(`
local paid = redis.call('GET', KEYS[1])
if paid then redis.call('SET', KEYS[1], string.format('%.0f', paid - ARGV[1]), 'KEEPTTL') end
return 0`)

// Take implements tenancy.Limiter.
func (l *Limits) Take(ctx context.Context, key string, limit tenancy.Limit) time.Duration {
	if limit.IsZero() {
		return 0
	}
	here := l.next.Take(ctx, key, limit)
	if here > 0 {
		return here
	}
	wait, asked := l.run(ctx, takeScript, key, limit.Each().Microseconds(), limit.Burst)
	if !asked {
		return 0
	}
	return time.Duration(wait) * time.Microsecond
}

// GiveBack implements tenancy.Limiter.
func (l *Limits) GiveBack(ctx context.Context, key string, limit tenancy.Limit) {
	if limit.IsZero() {
		return
	}
	l.next.GiveBack(ctx, key, limit)
	l.run(ctx, giveBackScript, key, limit.Each().Microseconds())
}

// run reports what a script returns, unless Redis is not to be asked or does not
// answer.
func (l *Limits) run(ctx context.Context, script *redis.Script, key string, args ...any) (result int64, asked bool) {
	if l.now().UnixNano() < l.rest.Load() {
		return 0, false
	}
	ctx, cancel := context.WithTimeout(ctx, l.within)
	defer cancel()
	result, err := script.Run(ctx, l.client, []string{limitKey(key)}, args...).Int64()
	if err != nil {
		l.rest.Store(l.now().Add(restFor).UnixNano())
		return 0, false
	}
	return result, true
}

// limitKey hides who is counted: keys hold people's addresses.
func limitKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "tg:limit:" + base64.RawURLEncoding.EncodeToString(sum[:16])
}
