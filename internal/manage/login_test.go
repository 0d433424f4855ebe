package manage_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const password = "correct horse battery"

// account returns an active account that the password opens.
func account(t *testing.T) tenancy.Account {
	t.Helper()
	hash, err := manage.HashPassword(password)
	if err != nil {
		t.Fatalf("hashing: %v", err)
	}
	return tenancy.Account{
		User:         tenancy.User{ID: userID(1), Email: "ada@acme.example", Status: tenancy.StatusActive},
		PasswordHash: hash,
	}
}

// Whatever is wrong, the answer is one error after exactly one hash of our own
// cost: neither the words nor the time say which addresses have accounts.
func TestSignInRefusesAlike(t *testing.T) {
	t.Parallel()
	good := account(t)
	for name, tc := range map[string]struct {
		change   func(*tenancy.Account)
		err      error
		password string
	}{
		"wrong password":  {password: "correct horse batterx"},
		"empty password":  {password: ""},
		"unknown address": {err: tenancy.ErrNotFound, password: password},
		"no password":     {change: func(a *tenancy.Account) { a.PasswordHash = "" }, password: password},
		"suspended":       {change: func(a *tenancy.Account) { a.Status = tenancy.StatusSuspended }, password: password},
		"deleted":         {change: func(a *tenancy.Account) { a.Status = tenancy.StatusDeleted }, password: password},
		"unknown status":  {change: func(a *tenancy.Account) { a.Status = "frozen" }, password: password},
		"damaged hash":    {change: func(a *tenancy.Account) { a.PasswordHash = "$argon2id$" }, password: password},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newService(t, &fakeStore{account: func(tenancy.Email) (tenancy.Account, error) {
				if tc.err != nil {
					return tenancy.Account{}, tc.err
				}
				a := good
				if tc.change != nil {
					tc.change(&a)
				}
				return a, nil
			}})
			var asked []uint32
			derive := s.Passwords.Derive
			s.Passwords.Derive = func(password, salt []byte, passes, memory uint32, lanes uint8, n uint32) []byte {
				asked = append(asked, passes, memory, uint32(lanes), n)
				return derive(password, salt, passes, memory, lanes, n)
			}
			_, err := s.SignIn(t.Context(), "ada@acme.example", tc.password, "")
			if got, want := err, "signing in: "+tenancy.ErrBadCredentials.Error(); got == nil || got.Error() != want {
				t.Errorf("SignIn = %v, want %v", got, want)
			}
			if diff := cmp.Diff([]uint32{2, 19456, 1, 32}, asked); diff != "" {
				t.Errorf("one hash of our own cost is wanted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSignInStartsInAUsableTenant(t *testing.T) {
	t.Parallel()
	good := account(t)
	full := make([]tenancy.TenantEntry, manage.MaxPage)
	for i := range full {
		full[i] = entry(byte(i+1), tenancy.StatusSuspended)
	}
	for name, tc := range map[string]struct {
		current tenancy.TenantID
		err     error
		pages   [][]tenancy.TenantEntry
		want    tenancy.TenantID
	}{
		"the current one":           {current: tenantID(9), want: tenantID(9)},
		"none stored":               {pages: [][]tenancy.TenantEntry{{entry(3, tenancy.StatusActive)}}, want: tenantID(3)},
		"no longer a member":        {current: tenantID(9), err: tenancy.ErrNotMember, pages: [][]tenancy.TenantEntry{{entry(3, tenancy.StatusActive)}}, want: tenantID(3)},
		"current one suspended":     {current: tenantID(9), err: tenancy.ErrTenantSuspended, pages: [][]tenancy.TenantEntry{{entry(3, tenancy.StatusActive)}}, want: tenantID(3)},
		"suspended ones are passed": {pages: [][]tenancy.TenantEntry{{entry(3, tenancy.StatusSuspended), entry(4, tenancy.StatusActive)}}, want: tenantID(4)},
		"on the second page":        {pages: [][]tenancy.TenantEntry{full, {entry(200, tenancy.StatusActive)}}, want: tenantID(200)},
		"none at all":               {pages: [][]tenancy.TenantEntry{{}}},
		"none active":               {pages: [][]tenancy.TenantEntry{full, {}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opened []tenancy.Session
			var after [][16]byte
			store := &fakeStore{
				account: func(tenancy.Email) (tenancy.Account, error) {
					a := good
					a.CurrentTenant = tc.current
					return a, nil
				},
				tenant: func(_ tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, error) {
					if id != tc.current {
						return entry(id[15], tenancy.StatusActive), nil
					}
					return tenancy.TenantEntry{Tenant: tenancy.Tenant{ID: id}}, tc.err
				},
				open: func(session tenancy.Session) error { opened = append(opened, session); return nil },
			}
			store.tenantsOf = func(caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
				if caller.User != userID(1) {
					t.Errorf("TenantsOf asked for %v, want the one who signs in", caller.User)
				}
				after = append(after, page.After)
				return tc.pages[len(after)-1], nil
			}
			s, _ := newService(t, store)
			in, err := s.SignIn(t.Context(), "ada@acme.example", password, "")
			if err != nil {
				t.Fatalf("SignIn: %v", err)
			}
			session := tenancy.SessionID{15: 1}
			if got, want := in.AccessToken, userID(1).String()+" "+tc.want.String()+" "+session.String(); got != want {
				t.Errorf("token for %q, want %q", got, want)
			}
			if in.Lifetime != 15*time.Minute {
				t.Errorf("Lifetime = %v, want 15m", in.Lifetime)
			}
			if (in.Tenant == nil) != tc.want.IsZero() || in.Tenant != nil && in.Tenant.ID != tc.want {
				t.Errorf("Tenant = %v, want %v", in.Tenant, tc.want)
			}
			want := []tenancy.Session{{ID: session, User: userID(1), Tenant: tc.want, CreatedAt: now, LastUsedAt: now, ExpiresAt: now.Add(30 * 24 * time.Hour)}}
			if diff := cmp.Diff(want, opened); diff != "" {
				t.Errorf("sessions opened (-want +got):\n%s", diff)
			}
			if len(tc.pages) == 2 && after[1] != [16]byte(tenantID(manage.MaxPage)) {
				t.Errorf("second page asked after %x, want after the last of the first", after[1])
			}
		})
	}
}

// Where the store is away nobody is told that their password is wrong, and no
// token is made.
func TestSignInWithoutStore(t *testing.T) {
	t.Parallel()
	away := func() error { return tenancy.ErrUnavailable }
	good := account(t)
	good.CurrentTenant = tenantID(1)
	for name, breakStore := range map[string]func(*fakeStore){
		"account": func(f *fakeStore) {
			f.account = func(tenancy.Email) (tenancy.Account, error) { return tenancy.Account{}, away() }
		},
		"tenant": func(f *fakeStore) {
			f.tenant = func(tenancy.Caller, tenancy.TenantID) (tenancy.TenantEntry, error) {
				return tenancy.TenantEntry{}, away()
			}
		},
		"session": func(f *fakeStore) { f.open = func(tenancy.Session) error { return away() } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fakeStore{
				account: func(tenancy.Email) (tenancy.Account, error) { return good, nil },
				tenant: func(tenancy.Caller, tenancy.TenantID) (tenancy.TenantEntry, error) {
					return entry(1, tenancy.StatusActive), nil
				},
				open: func(tenancy.Session) error { return nil },
			}
			breakStore(store)
			s, _ := newService(t, store)
			s.Issue = func(tenancy.UserID, tenancy.TenantID, tenancy.SessionID, time.Time) (string, time.Time, error) {
				t.Error("a token was issued")
				return "", time.Time{}, nil
			}
			if _, err := s.SignIn(t.Context(), "ada@acme.example", password, ""); !errors.Is(err, tenancy.ErrUnavailable) {
				t.Errorf("SignIn = %v, want %v", err, tenancy.ErrUnavailable)
			}
		})
	}
}

func TestCreateUserPointsToWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		account manage.NewAccount
		want    []string
	}{
		"everything": {manage.NewAccount{}, []string{"/email", "/name", "/password"}},
		"address":    {manage.NewAccount{Email: "ada", Name: "Ada", Password: password}, []string{"/email"}},
		"Kelvin sign": {
			manage.NewAccount{Email: "\u212Aim@acme.example", Name: "Kim", Password: password}, []string{"/email"},
		},
		"long name":    {manage.NewAccount{Email: "ada@acme.example", Name: strings.Repeat("x", 201), Password: password}, []string{"/name"}},
		"line in name": {manage.NewAccount{Email: "ada@acme.example", Name: "Ada\nRoot", Password: password}, []string{"/name"}},
		"blank name":   {manage.NewAccount{Email: "ada@acme.example", Name: " ", Password: password}, []string{"/name"}},
		"bytes":        {manage.NewAccount{Email: "ada@acme.example", Name: "\xff", Password: password}, []string{"/name"}},
		"password":     {manage.NewAccount{Email: "ada@acme.example", Name: "Ada", Password: "short"}, []string{"/password"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newService(t, &fakeStore{})
			_, err := s.CreateUser(t.Context(), tc.account)
			var invalid *tenancy.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("CreateUser = %v, want an InvalidError", err)
			}
			var got []string
			for _, v := range invalid.Violations {
				got = append(got, v.Pointer)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("pointers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateUserStoresAHashThatSignsIn(t *testing.T) {
	t.Parallel()
	var stored tenancy.NewUser
	store := &fakeStore{
		createUser: func(user tenancy.NewUser) (tenancy.User, error) { stored = user; return tenancy.User{ID: user.ID}, nil },
		account: func(tenancy.Email) (tenancy.Account, error) {
			return tenancy.Account{User: tenancy.User{ID: stored.ID, Status: tenancy.StatusActive}, PasswordHash: stored.PasswordHash}, nil
		},
		tenantsOf: func(tenancy.Caller, tenancy.Page) ([]tenancy.TenantEntry, error) { return nil, nil },
		open:      func(tenancy.Session) error { return nil },
	}
	s, _ := newService(t, store)
	if _, err := s.CreateUser(t.Context(), manage.NewAccount{Email: "Ada@ACME.example", Name: "Ada Lovelace", Password: password}); err != nil {
		t.Fatalf("CreateUser: %v", err)
	}
	want := tenancy.NewUser{
		ID: tenancy.UserID{15: 1}, Email: "ada@acme.example", Name: "Ada Lovelace",
		PasswordHash: stored.PasswordHash, Role: tenancy.PlatformUser,
	}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if _, err := s.SignIn(context.Background(), "ada@acme.example", password, ""); err != nil {
		t.Errorf("SignIn with the new password: %v", err)
	}
}
