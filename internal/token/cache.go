package token

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// maxVerbatim is up to how many bytes a token is its own name in the cache: that
// costs memory, and SHA-256 costs more time than all the rest of a look-up. Common
// tokens have 300 to 1000.
const maxVerbatim = 1 << 10

// name stands for a token in the cache: no two tokens share one, whatever an
// attacker does. A cache belongs to one [Verifier], so what a token was verified
// for, issuers, audiences, keys, is the same for all that it holds.
type name struct {
	verbatim string            // of a short token
	digest   [sha256.Size]byte // of a long one
}

func nameOf(raw string) name {
	if len(raw) <= maxVerbatim {
		return name{verbatim: raw}
	}
	onStack := make([]byte, 0, maxToken)
	return name{digest: sha256.Sum256(append(onStack, raw...))}
}

// kept is the name to keep: the token is part of a longer header.
func (n name) kept() name { return name{verbatim: strings.Clone(n.verbatim), digest: n.digest} }

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
	entries    *otter.Cache[name, *verified]
	generation atomic.Uint64
}

func newCache(size int) (*cache, error) {
	entries, err := otter.New(&otter.Options[name, *verified]{MaximumSize: size})
	if err != nil {
		return nil, fmt.Errorf("making the token cache: %w", err)
	}
	return &cache{entries: entries}, nil
}

// get returns what is known of the token. An entry of an older generation is
// not: its verification may have used a key that is gone, even where it was put
// after the purge.
func (c *cache) get(n name) (*verified, bool) {
	known, found := c.entries.GetIfPresent(n)
	return known, found && known.generation == c.generation.Load()
}

// purge forgets everything, and what is being verified now.
func (c *cache) purge() {
	c.generation.Add(1)
	c.entries.InvalidateAll()
}
