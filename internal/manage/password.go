package manage

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// The bounds of a new password. NIST SP 800-63B, section 5.1.1.2, asks for
// eight characters at least and no rules of composition; ten cost a person
// little and a guesser much. The upper bound is in bytes and only keeps bodies
// small.
const (
	minPasswordRunes = 10
	maxPasswordBytes = 256
)

// The cost of a new hash: the first choice of OWASP's password storage cheat
// sheet for argon2id (19 MiB, two passes, one lane).
const (
	hashMemory  = 19 * 1024 // KiB
	hashPasses  = 2
	hashLanes   = 1
	hashSaltLen = 16 // RFC 9106, section 3.1
	hashKeyLen  = 32
)

// The most that a stored hash may ask for. Without a bound, a row imported from
// elsewhere could make one sign-in take all the memory there is.
const (
	maxMemory = 64 * 1024 // KiB; the second choice of RFC 9106, section 4
	maxPasses = 10
	maxLanes  = 4
	maxBinary = 64 // bytes, of salt and of key
)

const hashWait = 5 * time.Second

var errBadHash = errors.New("not an argon2id hash in PHC form within our bounds")

// decoy is verified where there is no password to verify, so that an unknown
// address costs the time of a known one. Its key is not derived from any
// password.
var decoy = cost{memory: hashMemory, passes: hashPasses, lanes: hashLanes,
	salt: []byte("no account here."), key: make([]byte, hashKeyLen)}

// Passwords hashes and verifies, as many at a time as there are processors:
// each hash in work holds 19 MiB or more, and a flood of sign-ins must not be
// able to take all memory. Those who wait longer than Wait, or than their
// context lets them, get tenancy.ErrUnavailable.
type Passwords struct {
	// Derive is argon2.IDKey.
	Derive func(password, salt []byte, passes, memory uint32, lanes uint8, keyLen uint32) []byte
	Random io.Reader // cryptographic
	Wait   time.Duration
	slots  chan struct{}
}

// NewPasswords returns Passwords with one slot for each processor.
func NewPasswords() *Passwords {
	return &Passwords{
		Derive: argon2.IDKey,
		Random: rand.Reader,
		Wait:   hashWait,
		slots:  make(chan struct{}, runtime.NumCPU()),
	}
}

// HashPassword returns the hash to store for a new password, in PHC form
// ($argon2id$v=19$m=…,t=…,p=…$salt$key), or a tenancy.InvalidError that points
// to "/password" where the password is not acceptable: fewer than 10
// characters, more than 256 bytes, not UTF-8, or with a NUL in it.
func HashPassword(password string) (string, error) {
	return NewPasswords().Hash(context.Background(), password)
}

// Hash is [HashPassword] within the bounds of p.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if detail := passwordFault(password); detail != "" {
		return "", tenancy.Invalid("/password", detail)
	}
	salt := make([]byte, hashSaltLen)
	if _, err := io.ReadFull(p.Random, salt); err != nil {
		return "", fmt.Errorf("making a salt: %w", err)
	}
	hash := cost{memory: hashMemory, passes: hashPasses, lanes: hashLanes, salt: salt}
	key, err := p.derive(ctx, hash, password, hashKeyLen)
	if err != nil {
		return "", err
	}
	hash.key = key
	return hash.String(), nil
}

// verify reports whether the password is the one the hash was made from.
func (p *Passwords) verify(ctx context.Context, hash cost, password string) (bool, error) {
	key, err := p.derive(ctx, hash, password, uint32(len(hash.key)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, hash.key) == 1, nil
}

// derive waits for a slot and hashes.
func (p *Passwords) derive(ctx context.Context, c cost, password string, keyLen uint32) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Wait)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to hash a password: %w", tenancy.ErrUnavailable)
	}
	defer func() { <-p.slots }()
	return p.Derive([]byte(password), c.salt, c.passes, c.memory, c.lanes, keyLen), nil
}

// passwordFault says what is wrong with a new password, or nothing.
func passwordFault(password string) string {
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return "want UTF-8 text without NUL"
	case utf8.RuneCountInString(password) < minPasswordRunes:
		return fmt.Sprintf("want %d characters or more", minPasswordRunes)
	case len(password) > maxPasswordBytes:
		return fmt.Sprintf("want %d bytes or less", maxPasswordBytes)
	}
	return ""
}

// cost is a hash taken apart: what it takes to derive its key, and the key.
type cost struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

var phcBase64 = base64.RawStdEncoding.Strict()

// String returns the PHC form.
func (c cost) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes,
		phcBase64.EncodeToString(c.salt), phcBase64.EncodeToString(c.key))
}

// parseHash reads what String writes, and whatever else of argon2id version 19
// lies within our bounds. It returns errBadHash.
func parseHash(phc string) (cost, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return cost{}, errBadHash
	}
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return cost{}, errBadHash
	}
	lanes, okP := bounded(params[2], "p=", 1, maxLanes)
	memory, okM := bounded(params[0], "m=", 8*max(lanes, 1), maxMemory) // RFC 9106, section 3.1: 8*p KiB at least
	passes, okT := bounded(params[1], "t=", 1, maxPasses)
	salt, okSalt := binary(parts[4], 8)
	key, okKey := binary(parts[5], 16)
	if !okP || !okM || !okT || !okSalt || !okKey {
		return cost{}, errBadHash
	}
	return cost{memory: memory, passes: passes, lanes: uint8(lanes), salt: salt, key: key}, nil
}

func bounded(param, name string, low, high uint32) (uint32, bool) {
	digits, found := strings.CutPrefix(param, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), found && err == nil && uint32(n) >= low && uint32(n) <= high
}

func binary(text string, low int) ([]byte, bool) {
	b, err := phcBase64.DecodeString(text)
	return b, err == nil && len(b) >= low && len(b) <= maxBinary
}
