package token

import (
	"crypto/sha256"
	"fmt"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// digest stands for a token in the cache: of one size whatever the token's, and
// no key that an attacker can make two tokens share. A cache belongs to one
// [Verifier], so what a token was verified for, issuers, audiences, keys, is the
// same for all that it holds.
type digest [sha256.Size]byte

func digestOf(raw string) digest {
	onStack := make([]byte, 0, 2<<10) // longer tokens cost an allocation
	return sha256.Sum256(append(onStack, raw...))
}

// verified is what is remembered of a token.
type verified struct {
	subject   tenancy.Subject
	window    window
	authority *authority
	// generation is the cache's when the token's verification began.
	generation uint64
}

// cache remembers verified tokens; refused ones it never sees.
type cache struct {
	entries    *otter.Cache[digest, *verified]
	generation atomic.Uint64
}

func newCache(size int) (*cache, error) {
	entries, err := otter.New(&otter.Options[digest, *verified]{MaximumSize: size})
	if err != nil {
		return nil, fmt.Errorf("making the token cache: %w", err)
	}
	return &cache{entries: entries}, nil
}

// get returns what is known of the token. An entry of an older generation is
// not: its verification may have used a key that is gone, even where it was put
// after the purge.
func (c *cache) get(d digest) (*verified, bool) {
	known, found := c.entries.GetIfPresent(d)
	return known, found && known.generation == c.generation.Load()
}

// purge forgets everything, and what is being verified now.
func (c *cache) purge() {
	c.generation.Add(1)
	c.entries.InvalidateAll()
}
