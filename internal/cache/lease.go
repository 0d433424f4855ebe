package cache

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// leaseTime is how long a look-up may take and still leave its answer in Redis.
const leaseTime = 2 * time.Second

// leaseMark begins a lease, which stands where the value will be; a value
// begins with valueVersion.
const leaseMark = "L"

// keyPrefix carries the version of keys and values.
const keyPrefix = "tg2:"

// redisKey joins parts so that no two lists of parts make one key.
func redisKey(kind string, parts ...[16]byte) string {
	var b strings.Builder
	b.WriteString(keyPrefix + kind)
	for _, part := range parts {
		text := hex.EncodeToString(part[:])
		b.WriteString(":" + strconv.Itoa(len(text)) + ":" + text)
	}
	return b.String()
}

func pairKey(key tenancy.Key) string       { return redisKey("m", key.User, key.Tenant) }
func userKey(id tenancy.UserID) string     { return redisKey("u", id) }
func tenantKey(id tenancy.TenantID) string { return redisKey("t", id) }

// changedKeys returns what to delete for the changes.
func changedKeys(changes []tenancy.Change) []string {
	var keys []string
	for _, change := range changes {
		switch {
		case !change.User.IsZero() && !change.Tenant.IsZero():
			keys = append(keys, pairKey(change.Key))
		case !change.User.IsZero():
			keys = append(keys, userKey(change.User))
		case !change.Tenant.IsZero():
			keys = append(keys, tenantKey(change.Tenant))
		}
	}
	return keys
}

// sighting is what a look-up found in Redis.
type sighting struct {
	hit        bool
	membership tenancy.Membership
	// lease is what the pair's key holds for this look-up; empty: nothing, so it
	// must not write.
	lease                string
	userMark, tenantMark string
	seen                 uint64 // what had been heard before the next layer is asked
}

// look asks for value and marks, and takes the lease where there is no value,
// all in one round trip.
func (r *Redis) look(ctx context.Context, key tenancy.Key) (sighting, error) {
	token := newToken()
	_, seen := r.reach()
	pipe := r.client.Pipeline()
	user := setOrGet(ctx, pipe, userKey(key.User), token, r.markTime())
	tenant := setOrGet(ctx, pipe, tenantKey(key.Tenant), token, r.markTime())
	pair := setOrGet(ctx, pipe, pairKey(key), leaseMark+token, leaseTime)
	_, _ = pipe.Exec(ctx) // each command has its own error

	userMark, err := r.mark(ctx, user, token)
	if err != nil {
		return sighting{}, fmt.Errorf("reading the user's mark: %w", err)
	}
	tenantMark, err := r.mark(ctx, tenant, token)
	if err != nil {
		return sighting{}, fmt.Errorf("reading the tenant's mark: %w", err)
	}
	found := sighting{userMark: userMark, tenantMark: tenantMark, seen: seen}
	held, absent, err := reply(pair)
	switch {
	case err != nil:
		return sighting{}, fmt.Errorf("reading a membership: %w", err)
	case absent:
		found.lease = leaseMark + token
	case len(held) == len(leaseMark+token) && strings.HasPrefix(held, leaseMark):
		// Somebody else reads, and will write.
	case !r.open(key, held, &found):
		return r.take(ctx, key, found, leaseMark+token)
	}
	return found, nil
}

// open reads what the pair's key holds into found. It returns false where that
// is of no use and has to go.
func (r *Redis) open(key tenancy.Key, held string, found *sighting) bool {
	v, err := decodeValue(key, held)
	if err != nil {
		r.garbled.Add(1)
		return false
	}
	if base, _ := r.reach(); v.userMark != found.userMark || v.tenantMark != found.tenantMark || v.seen < base {
		return false
	}
	found.hit, found.membership = true, v.membership
	return true
}

// take puts a lease in the place of a value that is of no use. Whatever stands
// there by now is lost by it, which costs a look-up and is never wrong.
func (r *Redis) take(ctx context.Context, key tenancy.Key, found sighting, lease string) (sighting, error) {
	if err := r.client.Set(ctx, pairKey(key), lease, leaseTime).Err(); err != nil {
		return sighting{}, fmt.Errorf("replacing a membership: %w", err)
	}
	found.lease = lease
	return found, nil
}

// fillScript writes a value in the place of the lease that was taken for it.
var fillScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 0`)

// fill writes the answer, if the lease still stands.
func (r *Redis) fill(ctx context.Context, key tenancy.Key, m tenancy.Membership, found sighting) error {
	ttl := r.config.TTL
	if !m.Found() {
		ttl = min(ttl, negativeFreshness)
	}
	ttl = max(spread(ttl, r.config.Random()), time.Millisecond)
	raw := value{userMark: found.userMark, tenantMark: found.tenantMark, seen: found.seen, membership: m}.encode()
	if len(raw) > maxValue {
		return nil
	}
	if r.config.FillWithoutLease {
		return r.client.Set(ctx, pairKey(key), raw, ttl).Err()
	}
	if err := fillScript.Run(ctx, r.client, []string{pairKey(key)}, found.lease, raw, ttl.Milliseconds()).Err(); err != nil {
		return fmt.Errorf("writing a membership: %w", err)
	}
	return nil
}

// markTime outlives the values written under a mark, so that they expire before
// their mark does.
func (r *Redis) markTime() time.Duration { return spread(2*r.horizon(), r.config.Random()) }

// mark returns the mark that a setOrGet found or made. One that is none of ours
// is replaced: a new mark only ever ends what was valid.
func (r *Redis) mark(ctx context.Context, cmd *redis.StatusCmd, token string) (string, error) {
	held, absent, err := reply(cmd)
	switch {
	case err != nil:
		return "", err
	case absent:
		return token, nil
	case len(held) == markSize:
		return held, nil
	}
	r.garbled.Add(1)
	return token, r.client.Set(ctx, cmd.Args()[1].(string), token, r.markTime()).Err()
}

// setOrGet sets a key that is not there, or gets it, in one command (Redis 7.0).
func setOrGet(ctx context.Context, pipe redis.Pipeliner, key, value string, ttl time.Duration) *redis.StatusCmd {
	return pipe.SetArgs(ctx, key, value, redis.SetArgs{Mode: "NX", Get: true, TTL: ttl})
}

// reply reads the answer to setOrGet. A key of a foreign type holds "".
func reply(cmd *redis.StatusCmd) (held string, absent bool, err error) {
	held, err = cmd.Result()
	switch {
	case errors.Is(err, redis.Nil):
		return "", true, nil
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return "", false, nil
	}
	return held, false, err
}

// newToken returns a token that nobody else makes, as long as a mark.
func newToken() string {
	token := make([]byte, markSize)
	_, _ = rand.Read(token) // never fails: crypto/rand ends the process instead
	return string(token)
}
