package manage_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// outcomeStore answers every write alike, and its client hangs up meanwhile.
type outcomeStore struct {
	manage.Store
	changes []tenancy.Change
	err     error
	hangUp  func()
}

func (s outcomeStore) answer() ([]tenancy.Change, error) {
	s.hangUp()
	return s.changes, s.err
}

func (s outcomeStore) RemoveMember(context.Context, tenancy.Caller, tenancy.TenantID, tenancy.MemberRef) ([]tenancy.Change, error) {
	return s.answer()
}

func (s outcomeStore) UpdateMember(
	context.Context, tenancy.Caller, tenancy.TenantID, tenancy.MemberRef, tenancy.MemberChange,
) (tenancy.Member, []tenancy.Change, error) {
	changes, err := s.answer()
	return tenancy.Member{}, changes, err
}

func (s outcomeStore) LeaveTenant(context.Context, tenancy.Caller, tenancy.TenantID) ([]tenancy.Change, error) {
	return s.answer()
}

func (s outcomeStore) UpdateTenant(
	context.Context, tenancy.Caller, tenancy.TenantID, tenancy.TenantChange,
) (tenancy.TenantEntry, []tenancy.Change, error) {
	changes, err := s.answer()
	return tenancy.TenantEntry{}, changes, err
}

func (s outcomeStore) DeleteTenant(context.Context, tenancy.Caller, tenancy.TenantID, tenancy.Match) ([]tenancy.Change, error) {
	return s.answer()
}

func (s outcomeStore) EndSession(context.Context, tenancy.Caller, tenancy.SessionID) ([]tenancy.Change, error) {
	return s.answer()
}

func (s outcomeStore) EndSessions(context.Context, tenancy.Caller) ([]tenancy.Change, error) {
	return s.answer()
}

func (s outcomeStore) ResetPassword(context.Context, []byte, string, tenancy.ResetIDs) ([]tenancy.Change, error) {
	return s.answer()
}

func (s outcomeStore) RefreshSession(context.Context, []byte, []byte) (tenancy.Session, []tenancy.Change, error) {
	changes, err := s.answer()
	return tenancy.Session{}, changes, err
}

// An answer that tells of lost access tells the truth about every replica, also
// where somebody else's write, or an earlier attempt, took it.
func TestAnswersThatConfirmLostAccessWaitForReplicas(t *testing.T) {
	t.Parallel()
	writes := map[string]func(context.Context, *manage.Service) error{
		"remove a member": func(ctx context.Context, s *manage.Service) error {
			return s.RemoveMember(ctx, caller, tenantID(1), tenancy.MemberRef{Email: "bob@acme.example"})
		},
		"change a member": func(ctx context.Context, s *manage.Service) error {
			_, err := s.UpdateMember(ctx, caller, tenantID(1), tenancy.MemberRef{Email: "bob@acme.example"}, tenancy.MemberChange{})
			return err
		},
		"leave": func(ctx context.Context, s *manage.Service) error { return s.Leave(ctx, caller, tenantID(1)) },
		"change a tenant": func(ctx context.Context, s *manage.Service) error {
			_, err := s.UpdateTenant(ctx, caller, tenantID(1), tenancy.TenantChange{})
			return err
		},
		"delete a tenant": func(ctx context.Context, s *manage.Service) error {
			return s.DeleteTenant(ctx, caller, tenantID(1), tenancy.Match{})
		},
		"end a session":    func(ctx context.Context, s *manage.Service) error { return s.EndSession(ctx, caller, caller.Session) },
		"sign out":         func(ctx context.Context, s *manage.Service) error { return s.SignOut(ctx, caller, false) },
		"sign out for all": func(ctx context.Context, s *manage.Service) error { return s.SignOut(ctx, caller, true) },
		"reset a password": func(ctx context.Context, s *manage.Service) error {
			return s.ResetPassword(ctx, "token", "correct horse battery", "r-1")
		},
	}
	refresh := func(ctx context.Context, s *manage.Service) error {
		_, err := s.Refresh(ctx, "tgr_used", tenancy.SessionID{})
		return err
	}
	for _, test := range []struct {
		name     string
		changes  []tenancy.Change
		err      error
		confirms int
	}{
		{"nothing to do", nil, nil, 1},
		{"not there", nil, tenancy.ErrNotFound, 1},
		{"no member any more", nil, tenancy.ErrNotMember, 1},
		{"no admin any more", nil, tenancy.ErrRoleRequired, 1},
		{"done now", changes(2), nil, 0}, // waited for as the change that it is
		{"nobody knows", nil, tenancy.ErrUnavailable, 0},
	} {
		for name, write := range writes {
			checkConfirms(t, test.name+", "+name, outcomeStore{changes: test.changes, err: test.err}, test.confirms, write)
		}
	}
	checkConfirms(t, "ended, refresh", outcomeStore{err: tenancy.ErrRefreshRefused}, 1, refresh)
	checkConfirms(t, "ended now, refresh", outcomeStore{changes: changes(2), err: tenancy.ErrRefreshRefused}, 0, refresh)
	checkConfirms(t, "goes on, refresh", outcomeStore{}, 0, refresh)
}

func checkConfirms(t *testing.T, name string, store outcomeStore, want int, write func(context.Context, *manage.Service) error) {
	t.Helper()
	ctx, hangUp := context.WithCancel(t.Context())
	store.hangUp = hangUp
	s, _ := newService(t, store)
	confirms := 0
	s.Confirm = func(ctx context.Context) {
		confirms++
		if ctx.Err() != nil {
			t.Errorf("%s: confirmed with a context that has ended: %v", name, ctx.Err())
		}
	}
	if err := write(ctx, s); err != nil && !errors.Is(err, store.err) {
		t.Errorf("%s = %v, want %v", name, err, store.err)
	}
	if confirms != want {
		t.Errorf("%s: confirmed %d times, want %d", name, confirms, want)
	}
}
