package manage_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var caller = tenancy.Caller{User: userID(1), Session: tenancy.SessionID{15: 77}, RequestID: "r-1"}

func changes(n byte) []tenancy.Change {
	return []tenancy.Change{{Key: tenancy.Key{User: userID(n), Tenant: tenantID(1)}}}
}

func TestAddMemberAsksTheStore(t *testing.T) {
	t.Parallel()
	for _, mode := range []manage.MemberMode{manage.Direct, manage.InviteOnly} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			var asked tenancy.NewMember
			s, _ := newService(t, &fakeStore{add: func(_ tenancy.TenantID, member tenancy.NewMember) (tenancy.Added, []tenancy.Change, error) {
				asked = member
				return tenancy.Added{Member: &tenancy.Member{}}, nil, nil
			}})
			s.Members = mode
			if _, err := s.AddMember(t.Context(), caller, tenantID(1), "bob@acme.example", tenancy.RoleViewer); err != nil {
				t.Fatalf("AddMember: %v", err)
			}
			var token [32]byte
			for i := range token {
				token[i] = 7 // what Random gives
			}
			hash := sha256.Sum256(token[:])
			want := tenancy.NewMember{
				Email: "bob@acme.example", Role: tenancy.RoleViewer, InviteOnly: mode == manage.InviteOnly,
				Invitation: tenancy.NewInvitation{ID: tenancy.InvitationID{15: 1}, TokenHash: hash[:], ExpiresAt: now.Add(7 * 24 * time.Hour)},
				MemberID:   tenancy.MemberID{15: 2},
			}
			if diff := cmp.Diff(want, asked); diff != "" {
				t.Errorf("asked of the store (-want +got):\n%s", diff)
			}
		})
	}
}

// Caches have forgotten before a write is answered, also when the client has
// hung up, and also when the store cannot say whether it committed.
func TestWritesMakeCachesForget(t *testing.T) {
	t.Parallel()
	for _, outcome := range []error{nil, tenancy.ErrUnavailable} {
		store := &fakeStore{
			add: func(tenancy.TenantID, tenancy.NewMember) (tenancy.Added, []tenancy.Change, error) {
				return tenancy.Added{Member: &tenancy.Member{}}, changes(2), outcome
			},
			remove: func(tenancy.TenantID, tenancy.MemberRef) ([]tenancy.Change, error) { return changes(2), outcome },
			switchTo: func(tenancy.Caller, tenancy.TenantID) (tenancy.TenantEntry, []tenancy.Change, error) {
				return entry(1, tenancy.StatusActive), changes(2), outcome
			},
		}
		for name, write := range map[string]func(context.Context, *manage.Service) error{
			"add": func(ctx context.Context, s *manage.Service) error {
				_, err := s.AddMember(ctx, caller, tenantID(1), "bob@acme.example", tenancy.RoleAdmin)
				return err
			},
			"remove": func(ctx context.Context, s *manage.Service) error {
				return s.RemoveMember(ctx, caller, tenantID(1), tenancy.MemberRef{Email: "bob@acme.example"})
			},
			"switch": func(ctx context.Context, s *manage.Service) error {
				_, err := s.Switch(ctx, caller, tenantID(1))
				return err
			},
		} {
			s, told := newService(t, store)
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			if err := write(gone, s); !errors.Is(err, outcome) {
				t.Errorf("%s = %v, want %v", name, err, outcome)
			}
			if diff := cmp.Diff(changes(2), told.forgotten); diff != "" {
				t.Errorf("%s (outcome %v): forgotten (-want +got):\n%s", name, outcome, diff)
			}
			if told.err != nil {
				t.Errorf("%s: caches were told with a context that has ended: %v", name, told.err)
			}
		}
	}
}

func TestRefusedWritesChangeNothing(t *testing.T) {
	t.Parallel()
	s, told := newService(t, &fakeStore{
		switchTo: func(tenancy.Caller, tenancy.TenantID) (tenancy.TenantEntry, []tenancy.Change, error) {
			return tenancy.TenantEntry{}, nil, tenancy.ErrNotMember
		},
	})
	s.Issue = func(tenancy.UserID, tenancy.TenantID, tenancy.SessionID, time.Time) (string, time.Time, error) {
		t.Error("a token was issued for a tenant the caller is no member of")
		return "", time.Time{}, nil
	}
	if _, err := s.Switch(t.Context(), caller, tenantID(1)); !errors.Is(err, tenancy.ErrNotMember) {
		t.Errorf("Switch = %v, want %v", err, tenancy.ErrNotMember)
	}
	if told.forgotten != nil {
		t.Errorf("forgotten %v, want nothing", told.forgotten)
	}
}

func TestSwitchKeepsTheSession(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, &fakeStore{
		switchTo: func(by tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, []tenancy.Change, error) {
			if by != caller {
				t.Errorf("caller = %+v, want %+v", by, caller)
			}
			return tenancy.TenantEntry{Tenant: tenancy.Tenant{ID: id}, Role: tenancy.RoleAdmin}, nil, nil
		},
	})
	switched, err := s.Switch(t.Context(), caller, tenantID(5))
	if err != nil {
		t.Fatalf("Switch: %v", err)
	}
	want := caller.User.String() + " " + tenantID(5).String() + " " + caller.Session.String()
	if switched.AccessToken != want || switched.Tenant.Role != tenancy.RoleAdmin {
		t.Errorf("Switch = token for %q as %v, want %q as admin", switched.AccessToken, switched.Tenant.Role, want)
	}
}

// Lists that are bound to no tenant look at the user themselves.
func TestListsRefuseAnInactiveUser(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, &fakeStore{user: func(tenancy.UserID) (tenancy.User, error) { return tenancy.User{}, tenancy.ErrUserInactive }})
	if _, err := s.TenantsOf(t.Context(), caller, tenancy.Page{Limit: 1}); !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("TenantsOf = %v, want %v", err, tenancy.ErrUserInactive)
	}
	if _, err := s.DeletedTenantsOf(t.Context(), caller, tenancy.Page{Limit: 1}); !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("DeletedTenantsOf = %v, want %v", err, tenancy.ErrUserInactive)
	}
	if _, err := s.AllTenants(t.Context(), caller, tenancy.Page{Limit: 1}); !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("AllTenants = %v, want %v", err, tenancy.ErrUserInactive)
	}
}
