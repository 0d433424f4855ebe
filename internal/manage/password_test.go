package manage_test

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestHashPasswordWritesPHC(t *testing.T) {
	t.Parallel()
	first, err := manage.HashPassword("correct horse battery")
	if err != nil {
		t.Fatalf("HashPassword: %v", err)
	}
	want := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
	if !want.MatchString(first) {
		t.Errorf("HashPassword = %q, want a match of %v", first, want)
	}
	second, err := manage.HashPassword("correct horse battery")
	if err != nil {
		t.Fatalf("HashPassword: %v", err)
	}
	if first == second {
		t.Error("two hashes of one password are equal, want salts that differ")
	}
}

func TestHashPasswordPolicy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		password string
		ok       bool
	}{
		"nine characters":            {strings.Repeat("x", 9), false},
		"ten characters":             {strings.Repeat("x", 10), true},
		"ten characters, not bytes":  {strings.Repeat("é", 10), true},
		"nine characters of 4 bytes": {strings.Repeat("🦊", 9), false},
		"256 bytes":                  {strings.Repeat("x", 256), true},
		"257 bytes":                  {strings.Repeat("x", 257), false},
		"not UTF-8":                  {"longenough\xff", false},
		"NUL":                        {"longenough\x00", false},
		"spaces are characters":      {"   a b c d   ", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passwords := manage.NewPasswords()
			passwords.Derive = func(_, _ []byte, _, _ uint32, _ uint8, n uint32) []byte { return make([]byte, n) }
			_, err := passwords.Hash(t.Context(), tc.password)
			if (err == nil) != tc.ok {
				t.Fatalf("Hash = %v, want accepted: %v", err, tc.ok)
			}
			var invalid *tenancy.InvalidError
			if err != nil && (!errors.As(err, &invalid) || invalid.Violations[0].Pointer != "/password") {
				t.Errorf("Hash = %v, want an InvalidError at /password", err)
			}
		})
	}
}

// A stored hash says how much memory and time it wants. Ours, and those of other
// systems within bounds, are verified; anything else never reaches Derive with
// its own numbers.
func TestStoredHashesAreBounded(t *testing.T) {
	t.Parallel()
	const salt, key = "c29tZXNhbHQ", "AAAAAAAAAAAAAAAAAAAAAA"
	for name, tc := range map[string]struct {
		hash string
		ok   bool
	}{
		"ours":                 {"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key, true},
		"at the bounds":        {"$argon2id$v=19$m=65536,t=10,p=4$" + salt + "$" + key, true},
		"too much memory":      {"$argon2id$v=19$m=65537,t=2,p=1$" + salt + "$" + key, false},
		"memory wraps":         {"$argon2id$v=19$m=4294967297,t=2,p=1$" + salt + "$" + key, false},
		"too little memory":    {"$argon2id$v=19$m=15,t=2,p=2$" + salt + "$" + key, false},
		"too many passes":      {"$argon2id$v=19$m=19456,t=11,p=1$" + salt + "$" + key, false},
		"no passes":            {"$argon2id$v=19$m=19456,t=0,p=1$" + salt + "$" + key, false},
		"no lanes":             {"$argon2id$v=19$m=19456,t=2,p=0$" + salt + "$" + key, false},
		"too many lanes":       {"$argon2id$v=19$m=19456,t=2,p=255$" + salt + "$" + key, false},
		"negative":             {"$argon2id$v=19$m=19456,t=-2,p=1$" + salt + "$" + key, false},
		"parameter missing":    {"$argon2id$v=19$m=19456,t=2$" + salt + "$" + key, false},
		"parameters reordered": {"$argon2id$v=19$t=2,m=19456,p=1$" + salt + "$" + key, false},
		"argon2i":              {"$argon2i$v=19$m=19456,t=2,p=1$" + salt + "$" + key, false},
		"old version":          {"$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + key, false},
		"bcrypt":               {"$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi", false},
		"short key":            {"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$AAAA", false},
		"empty key":            {"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$", false},
		"huge key":             {"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + strings.Repeat("AAAA", 100), false},
		"short salt":           {"$argon2id$v=19$m=19456,t=2,p=1$AAAA$" + key, false},
		"not base64":           {"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key[:21] + "!", false},
		"trailing bits":        {"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key[:21] + "B", false},
		"one part more":        {"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key + "$", false},
		"plain text":           {"correct horse battery", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []uint32
			store := &fakeStore{account: func(tenancy.Email) (tenancy.Account, error) {
				return tenancy.Account{User: tenancy.User{ID: userID(1), Status: tenancy.StatusActive}, PasswordHash: tc.hash}, nil
			}}
			store.open = func(tenancy.Session) error { return nil }
			store.tenantsOf = func(tenancy.Caller, tenancy.Page) ([]tenancy.TenantEntry, error) { return nil, nil }
			s, _ := newService(t, store)
			s.Passwords.Derive = func(_, _ []byte, passes, memory uint32, lanes uint8, n uint32) []byte {
				asked = append(asked, passes, memory, uint32(lanes))
				return make([]byte, n) // the key of every case
			}
			_, err := s.SignIn(t.Context(), "ada@acme.example", "whatever", "")
			if tc.ok && err != nil {
				t.Fatalf("SignIn = %v, want it to succeed", err)
			}
			if tc.ok {
				return
			}
			if !errors.Is(err, tenancy.ErrBadCredentials) {
				t.Errorf("SignIn = %v, want %v", err, tenancy.ErrBadCredentials)
			}
			if diff := cmp.Diff([]uint32{2, 19456, 1}, asked); diff != "" {
				t.Errorf("one hash at our own cost is wanted (-want +got):\n%s", diff)
			}
		})
	}
}

// A flood of sign-ins works on as many hashes as there are processors; the rest
// waits, and not forever.
func TestHashingIsBounded(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	working := make(chan struct{}, 2*runtime.NumCPU())
	passwords := manage.NewPasswords()
	passwords.Derive = func(_, _ []byte, _, _ uint32, _ uint8, n uint32) []byte {
		working <- struct{}{}
		<-release
		return make([]byte, n)
	}
	var flood sync.WaitGroup
	for range runtime.NumCPU() {
		flood.Go(func() {
			if _, err := passwords.Hash(t.Context(), "long enough"); err != nil {
				t.Errorf("Hash within the bound: %v", err)
			}
		})
	}
	for range runtime.NumCPU() {
		<-working
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := passwords.Hash(gone, "long enough"); !errors.Is(err, tenancy.ErrUnavailable) {
		t.Errorf("Hash beyond the bound, caller gone = %v, want %v", err, tenancy.ErrUnavailable)
	}
	passwords.Wait = time.Millisecond
	if _, err := passwords.Hash(t.Context(), "long enough"); !errors.Is(err, tenancy.ErrUnavailable) {
		t.Errorf("Hash beyond the bound, patient caller = %v, want %v", err, tenancy.ErrUnavailable)
	}
	close(release)
	flood.Wait()
	passwords.Wait = time.Minute
	if _, err := passwords.Hash(t.Context(), "long enough"); err != nil {
		t.Errorf("Hash after the flood: %v", err)
	}
}
