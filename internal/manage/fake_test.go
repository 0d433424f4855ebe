package manage_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// fakeStore is a store of func fields. What a test leaves nil it does not
// expect to be called, and the call panics.
type fakeStore struct {
	manage.Store
	account    func(tenancy.Email) (tenancy.Account, error)
	user       func(tenancy.UserID) (tenancy.User, error)
	createUser func(tenancy.NewUser) (tenancy.User, error)
	claim      *tenancy.Account // of whichever address
	open       func(tenancy.Session) error
	tenant     func(tenancy.Caller, tenancy.TenantID) (tenancy.TenantEntry, error)
	tenantsOf  func(tenancy.Caller, tenancy.Page) ([]tenancy.TenantEntry, error)
	allTenants func(tenancy.Caller, tenancy.Page) ([]tenancy.TenantEntry, error)
	switchTo   func(tenancy.Caller, tenancy.TenantID) (tenancy.TenantEntry, []tenancy.Change, error)
	add        func(tenancy.TenantID, tenancy.NewMember) (tenancy.Added, []tenancy.Change, error)
	remove     func(tenancy.TenantID, tenancy.MemberRef) ([]tenancy.Change, error)
}

func (f *fakeStore) Account(_ context.Context, email tenancy.Email) (tenancy.Account, error) {
	return f.account(email)
}

func (f *fakeStore) User(_ context.Context, id tenancy.UserID) (tenancy.User, error) {
	return f.user(id)
}

func (f *fakeStore) CreateUser(_ context.Context, user tenancy.NewUser) (tenancy.User, error) {
	return f.createUser(user)
}

func (f *fakeStore) Candidates(_ context.Context, email tenancy.Email) (owner, claim *tenancy.Account, err error) {
	account, err := f.account(email)
	if errors.Is(err, tenancy.ErrNotFound) {
		return nil, f.claim, nil
	}
	return &account, f.claim, err
}

func (f *fakeStore) OpenSession(_ context.Context, session tenancy.NewSession) error {
	return f.open(session.Session)
}

func (f *fakeStore) Tenant(_ context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, error) {
	return f.tenant(caller, id)
}

func (f *fakeStore) TenantsOf(_ context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	return f.tenantsOf(caller, page)
}

func (f *fakeStore) DeletedTenantsOf(_ context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	return f.tenantsOf(caller, page)
}

func (f *fakeStore) AllTenants(_ context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	return f.allTenants(caller, page)
}

func (f *fakeStore) SwitchTenant(_ context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.Entered, []tenancy.Change, error) {
	entry, changes, err := f.switchTo(caller, id)
	return tenancy.Entered{TenantEntry: entry}, changes, err
}

func (f *fakeStore) AddMember(_ context.Context, _ tenancy.Caller, id tenancy.TenantID, member tenancy.NewMember) (tenancy.Added, []tenancy.Change, error) {
	return f.add(id, member)
}

func (f *fakeStore) RemoveMember(_ context.Context, _ tenancy.Caller, id tenancy.TenantID, member tenancy.MemberRef) ([]tenancy.Change, error) {
	return f.remove(id, member)
}

// caches records what it was told to forget, and whether it was still allowed
// to work when told.
type caches struct {
	forgotten []tenancy.Change
	err       error
}

func (c *caches) Invalidate(ctx context.Context, changes ...tenancy.Change) {
	c.forgotten = append(c.forgotten, changes...)
	c.err = ctx.Err()
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newService returns a service with a stopped clock, counted ids, random bytes
// of one value, tokens that name what they are for, and a cheap hash.
func newService(t *testing.T, store manage.Store) (*manage.Service, *caches) {
	t.Helper()
	told := &caches{}
	last := byte(0)
	s := manage.New(store)
	s.Caches = told
	s.Now = func() time.Time { return now }
	s.NewID = func() [16]byte { last++; return [16]byte{15: last} }
	s.Random = io.LimitReader(bytes.NewReader(bytes.Repeat([]byte{7}, 1<<10)), 1<<10)
	s.Log = slog.New(slog.DiscardHandler)
	s.Issue = func(user tenancy.UserID, tenant tenancy.TenantID, session tenancy.SessionID, _ time.Time) (string, time.Time, error) {
		return user.String() + " " + tenant.String() + " " + session.String(), now.Add(15 * time.Minute), nil
	}
	return s, told
}

func userID(n byte) tenancy.UserID     { return tenancy.UserID{0: 1, 15: n} }
func tenantID(n byte) tenancy.TenantID { return tenancy.TenantID{0: 2, 15: n} }

func entry(n byte, status tenancy.Status) tenancy.TenantEntry {
	return tenancy.TenantEntry{Tenant: tenancy.Tenant{ID: tenantID(n), Status: status}, Role: tenancy.RoleViewer}
}
