package manage

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Registration is what somebody gives who wants an account in a tenant. Exactly
// one of Create, Join and Invitation is set.
type Registration struct {
	NewAccount
	Create     *NewTenant
	Join       string // the slug of a tenant
	Invitation string // the token of its mail
	UserAgent  string
	RequestID  string
}

// NewTenant is what it takes to ask for a tenant.
type NewTenant struct {
	Name string
	Slug string
}

// Register lets somebody into a tenant and signs them in, with the account that
// the password opens or else a new one. A new account only claims its address:
// whether the address has an owner makes no difference that the caller could see,
// and the owner none that they could feel. Tenant is nil where the membership waits
// for the address to be proven.
//
// It returns a tenancy.InvalidError that points into the body, and errors as for
// [PersonStore.Register].
func (s *Service) Register(ctx context.Context, wanted Registration) (SignedIn, error) {
	registration, verified, err := s.registration(ctx, wanted)
	if err != nil {
		return SignedIn{}, err
	}
	var session tenancy.Session
	var refresh string
	registration.Open = func(user tenancy.User, tenant *tenancy.TenantEntry) (opened tenancy.NewSession, err error) {
		opened, refresh, err = s.newSession(user.ID, tenant, wanted.UserAgent)
		opened.PasswordHash = verified
		session = opened.Session
		return opened, err
	}
	done, changes, err := s.Store.Register(ctx, registration)
	s.forget(ctx, changes)
	if err != nil {
		return SignedIn{}, fmt.Errorf("registering: %w", err)
	}
	s.mailed()
	grant, err := s.grantIn(session, refresh)
	return SignedIn{Grant: grant, User: done.User, Tenant: done.Tenant}, err
}

// registration checks what was asked for, and hashes the password as often for an
// address that is known as for one that is not. verified is the hash of the account
// that the password opens; empty: it opens none.
func (s *Service) registration(ctx context.Context, wanted Registration) (r tenancy.Registration, verified string, err error) {
	email, err := wanted.check()
	if err != nil {
		return tenancy.Registration{}, "", err
	}
	r = tenancy.Registration{Join: wanted.Join, MemberID: s.NewID(), VerifyID: s.NewID(), RequestID: wanted.RequestID}
	if wanted.Create != nil {
		r.Create = &tenancy.NewTenant{ID: s.NewID(), MemberID: s.NewID(), Name: wanted.Create.Name, Slug: wanted.Create.Slug}
	}
	if wanted.Invitation != "" {
		r.Invitation = hashSecret(wanted.Invitation)
	}
	account, err := s.authenticate(ctx, email, wanted.Password)
	if err != nil && !errors.Is(err, tenancy.ErrBadCredentials) {
		return tenancy.Registration{}, "", fmt.Errorf("registering: %w", err)
	}
	hash, err := s.Passwords.Hash(ctx, wanted.Password)
	if err != nil {
		return tenancy.Registration{}, "", err
	}
	r.User = account.ID
	r.Account = tenancy.NewUser{ID: s.NewID(), Email: email, Name: wanted.Name, PasswordHash: hash}
	return r, account.PasswordHash, nil
}

// check returns all that is wrong with a registration at once.
func (r Registration) check() (tenancy.Email, error) {
	email, err := r.NewAccount.check()
	invalid, _ := errors.AsType[*tenancy.InvalidError](err)
	if invalid == nil {
		invalid = new(tenancy.InvalidError)
	}
	refuse := func(pointer, detail string) {
		invalid.Violations = append(invalid.Violations, tenancy.Violation{Pointer: pointer, In: "body", Detail: detail})
	}
	if r.Create != nil {
		if !presentable(r.Create.Name) {
			refuse("/tenant/create/name", fmt.Sprintf("want 1 to %d bytes of text without control characters or surrounding space", maxNameBytes))
		}
		if _, err := tenancy.NewSlug(r.Create.Slug); err != nil {
			refuse("/tenant/create/slug", err.Error())
		}
	}
	if len(invalid.Violations) > 0 {
		return "", invalid
	}
	return email, nil
}
