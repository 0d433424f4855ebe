package manage_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// registrar is a store that takes every registration.
type registrar struct {
	fakeStore
	got tenancy.Registration
	err error
}

func (r *registrar) Register(_ context.Context, wanted tenancy.Registration) (tenancy.Registered, []tenancy.Change, error) {
	r.got = wanted
	user := tenancy.User{ID: wanted.User, Email: wanted.Account.Email}
	if user.ID.IsZero() {
		user.ID = wanted.Account.ID
	}
	if _, err := wanted.Open(user, nil); err != nil {
		return tenancy.Registered{}, nil, err
	}
	return tenancy.Registered{User: user}, []tenancy.Change{{Key: tenancy.Key{User: user.ID}}}, r.err
}

var wanted = manage.Registration{
	NewAccount: manage.NewAccount{Email: "Ada@acme.example", Name: "Ada", Password: password}, Join: "acme",
}

// hashesOf runs do and returns how much it hashed.
func hashesOf(s *manage.Service, do func()) (asked []uint32) {
	derive := s.Passwords.Derive
	s.Passwords.Derive = func(password, salt []byte, passes, memory uint32, lanes uint8, n uint32) []byte {
		asked = append(asked, passes, memory, uint32(lanes))
		return derive(password, salt, passes, memory, lanes, n)
	}
	do()
	return asked
}

// Whether the address has an owner changes neither what is asked of the store nor
// how much is hashed.
func TestRegisterTreatsKnownAndUnknownAlike(t *testing.T) {
	t.Parallel()
	owner := account(t)
	for name, tc := range map[string]struct {
		err   error
		claim bool
	}{
		"unknown": {err: tenancy.ErrNotFound}, "known": {},
		"unknown, claimed": {err: tenancy.ErrNotFound, claim: true}, "known, claimed": {claim: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &registrar{fakeStore: fakeStore{account: func(tenancy.Email) (tenancy.Account, error) { return owner, tc.err }}}
			hashes := []uint32{2, 19456, 1, 2, 19456, 1}
			if tc.claim {
				claim := account(t)
				store.claim = &claim
				hashes = append(hashes, 2, 19456, 1)
			}
			s, told := newService(t, store)
			mine := wanted
			mine.Password = "not the owner's"
			asked := hashesOf(s, func() {
				if _, err := s.Register(t.Context(), mine); err != nil {
					t.Errorf("Register: %v", err)
				}
			})
			if diff := cmp.Diff(hashes, asked); diff != "" {
				t.Errorf("hashes (-want +got):\n%s", diff)
			}
			if !store.got.User.IsZero() || store.got.Account.Email != "ada@acme.example" || store.got.Join != "acme" {
				t.Errorf("asked the store for %+v, want a new account", store.got)
			}
			if len(told.forgotten) != 1 {
				t.Errorf("forgotten %v, want what the store said", told.forgotten)
			}
		})
	}
}

func TestRegisterWithOnesOwnPassword(t *testing.T) {
	t.Parallel()
	owner := account(t)
	store := &registrar{fakeStore: fakeStore{account: func(tenancy.Email) (tenancy.Account, error) { return owner, nil }}}
	s, _ := newService(t, store)
	in, err := s.Register(t.Context(), wanted)
	if err != nil || in.User.ID != owner.ID || store.got.User != owner.ID {
		t.Errorf("Register = %+v, %v, want the account that the password opens", in, err)
	}
	if in.AccessToken == "" || in.RefreshToken == "" {
		t.Errorf("no tokens: %+v", in.Grant)
	}
}

func TestRegisterPointsToWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, &registrar{})
	_, err := s.Register(t.Context(), manage.Registration{
		NewAccount: manage.NewAccount{Email: "ada", Name: "Ada", Password: "short"},
		Create:     &manage.NewTenant{Name: " ", Slug: "admin"},
	})
	invalid, _ := errors.AsType[*tenancy.InvalidError](err)
	if invalid == nil {
		t.Fatalf("Register: %v, want an InvalidError", err)
	}
	var got []string
	for _, v := range invalid.Violations {
		got = append(got, v.Pointer)
	}
	if diff := cmp.Diff([]string{"/email", "/password", "/tenant/create/name", "/tenant/create/slug"}, got); diff != "" {
		t.Errorf("pointers (-want +got):\n%s", diff)
	}
}

// A claim is signed in with its own password, and the owner with theirs, at the
// same cost.
func TestSignInWhereTheAddressIsClaimed(t *testing.T) {
	t.Parallel()
	owner, claim := account(t), account(t)
	claim.ID = userID(2)
	claim.PasswordHash, _ = manage.HashPassword("the claimant's own")
	for name, tc := range map[string]struct {
		password string
		want     tenancy.UserID
	}{
		"the owner's":    {password, userID(1)},
		"the claimant's": {"the claimant's own", userID(2)},
		"nobody's":       {"some other password", tenancy.UserID{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mine := claim
			store := &fakeStore{account: func(tenancy.Email) (tenancy.Account, error) { return owner, nil }, claim: &mine}
			store.open = func(tenancy.Session) error { return nil }
			store.tenantsOf = func(tenancy.Caller, tenancy.Page) ([]tenancy.TenantEntry, error) { return nil, nil }
			s, _ := newService(t, store)
			var in manage.SignedIn
			var err error
			asked := hashesOf(s, func() { in, err = s.SignIn(t.Context(), "ada@acme.example", tc.password, "") })
			if in.User.ID != tc.want || (err == nil) == tc.want.IsZero() {
				t.Errorf("SignIn = %v, %v, want %v", in.User.ID, err, tc.want)
			}
			if len(asked) != 6 {
				t.Errorf("%d hashes, want 2", len(asked)/3)
			}
		})
	}
}
