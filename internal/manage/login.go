package manage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const maxNameBytes = 200

// SignedIn is the outcome of a sign-in. Tenant is the one the token names; nil:
// the user is an active member of none, and the token names none.
type SignedIn struct {
	Grant
	User   tenancy.User
	Tenant *tenancy.TenantEntry
}

// SignIn opens a session for the account of that address and returns tokens for
// the user's current tenant, or for the first they can enter where that is none.
// It returns tenancy.ErrBadCredentials alike for an unknown address, a wrong
// password, a user without one and a user who is not active; all of them cost
// one hash of the password, and one more where somebody claims the address.
func (s *Service) SignIn(ctx context.Context, email tenancy.Email, password, userAgent string) (SignedIn, error) {
	account, err := s.authenticate(ctx, email, password)
	if err != nil {
		return SignedIn{}, fmt.Errorf("signing in: %w", err)
	}
	user := account.User
	tenant, err := s.firstTenant(ctx, tenancy.Caller{User: user.ID}, user.CurrentTenant)
	if err != nil {
		return SignedIn{}, fmt.Errorf("choosing the tenant to start in: %w", err)
	}
	session, refresh, err := s.newSession(user.ID, tenant, userAgent)
	if err != nil {
		return SignedIn{}, err
	}
	session.PasswordHash = account.PasswordHash
	if err := s.Store.OpenSession(ctx, session); err != nil {
		return SignedIn{}, fmt.Errorf("opening a session: %w", err)
	}
	grant, err := s.grantIn(session.Session, refresh)
	return SignedIn{Grant: grant, User: user, Tenant: tenant}, err
}

// authenticate returns the owner of the address, or else who claims it. What it
// costs depends on whether anybody claims the address, which says nothing of
// whether it has an owner: anybody can claim any.
func (s *Service) authenticate(ctx context.Context, email tenancy.Email, password string) (tenancy.Account, error) {
	owner, claim, err := s.Store.Candidates(ctx, email)
	if err != nil {
		return tenancy.Account{}, err
	}
	account, err := s.open(ctx, owner, password)
	if claim == nil {
		return account, err
	}
	claimant, claimErr := s.open(ctx, claim, password)
	if errors.Is(err, tenancy.ErrBadCredentials) {
		return claimant, claimErr
	}
	return account, err
}

// open returns the account where the password opens it. It hashes exactly once
// whatever it is given.
func (s *Service) open(ctx context.Context, account *tenancy.Account, password string) (tenancy.Account, error) {
	hash, usable := s.hashOf(account)
	match, err := s.Passwords.verify(ctx, hash, password)
	if err != nil {
		return tenancy.Account{}, err
	}
	if !match || !usable {
		return tenancy.Account{}, tenancy.ErrBadCredentials
	}
	return *account, nil
}

// hashOf returns what to verify against, and whether a match would count.
func (s *Service) hashOf(account *tenancy.Account) (hash cost, usable bool) {
	if account == nil || account.Status != tenancy.StatusActive || account.PasswordHash == "" {
		return decoy, false
	}
	hash, err := parseHash(account.PasswordHash)
	if err != nil {
		s.Log.Error("stored password hash cannot be used", "user_id", account.ID.String(), "error", err)
		return decoy, false
	}
	return hash, true
}

// firstTenant returns the tenant a new session starts in: the current one where
// the caller can enter it, else the first of theirs that is active, else nil.
func (s *Service) firstTenant(ctx context.Context, caller tenancy.Caller, current tenancy.TenantID) (*tenancy.TenantEntry, error) {
	if !current.IsZero() {
		entry, err := s.Store.Tenant(ctx, caller, current)
		if err == nil {
			return &entry, nil
		}
		if !errors.Is(err, tenancy.ErrNotMember) && !errors.Is(err, tenancy.ErrTenantSuspended) {
			return nil, err
		}
	}
	page := tenancy.Page{Limit: MaxPage}
	for {
		entries, err := s.Store.TenantsOf(ctx, caller, page)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.Status == tenancy.StatusActive {
				entry, err = s.Store.Tenant(ctx, caller, entry.ID) // with its config
				return &entry, err
			}
		}
		if len(entries) < page.Limit {
			return nil, nil
		}
		page.After = entries[len(entries)-1].ID
	}
}

// NewAccount is what a person gives to get an account. An empty Role means
// tenancy.PlatformUser.
type NewAccount struct {
	Email    string
	Name     string
	Password string
	Role     tenancy.PlatformRole
}

// CreateUser makes an account. It returns a tenancy.InvalidError that points to
// "/email", "/name" or "/password", or tenancy.ErrAddressTaken.
func (s *Service) CreateUser(ctx context.Context, account NewAccount) (tenancy.User, error) {
	email, err := account.check()
	if err != nil {
		return tenancy.User{}, err
	}
	hash, err := s.Passwords.Hash(ctx, account.Password)
	if err != nil {
		return tenancy.User{}, err
	}
	role := account.Role
	if role == "" {
		role = tenancy.PlatformUser
	}
	user, err := s.Store.CreateUser(ctx, tenancy.NewUser{
		ID: s.NewID(), Email: email, Name: account.Name, PasswordHash: hash, Role: role,
	})
	if err != nil {
		return tenancy.User{}, fmt.Errorf("creating the user: %w", err)
	}
	return user, nil
}

// check returns all that is wrong with an account at once.
func (a NewAccount) check() (tenancy.Email, error) {
	var faults []tenancy.Violation
	refuse := func(pointer, detail string) {
		faults = append(faults, tenancy.Violation{Pointer: pointer, In: "body", Detail: detail})
	}
	email, err := tenancy.ParseEmail(a.Email)
	if err != nil {
		refuse("/email", err.Error())
	}
	if !presentable(a.Name) {
		refuse("/name", fmt.Sprintf("want 1 to %d bytes of text without control characters or surrounding space", maxNameBytes))
	}
	if detail := passwordFault(a.Password); detail != "" {
		refuse("/password", detail)
	}
	if len(faults) > 0 {
		return "", &tenancy.InvalidError{Violations: faults}
	}
	return email, nil
}

// presentable reports whether a name can be shown and logged as it is.
func presentable(name string) bool {
	return name != "" && len(name) <= maxNameBytes && utf8.ValidString(name) &&
		name == strings.TrimSpace(name) && strings.IndexFunc(name, unicode.IsControl) < 0
}
