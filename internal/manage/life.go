package manage

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// LifeStore keeps tenants from their beginning to their end. Where a tenant's
// admins may do something, platform admins may too.
type LifeStore interface {
	// CreateTenant makes one with the caller as its admin, or returns
	// tenancy.ErrSlugTaken or tenancy.ErrUserInactive.
	CreateTenant(ctx context.Context, caller tenancy.Caller, wanted tenancy.NewTenant) (tenancy.TenantEntry, []tenancy.Change, error)
	// InspectTenant returns one to its members and to platform admins.
	InspectTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, error)
	// UpdateTenant changes one. Besides the caller's errors: tenancy.ErrSlugTaken,
	// tenancy.ErrDomainTaken, tenancy.ErrLastAdmin, tenancy.ErrVersionMismatch, and
	// tenancy.ErrNotFound for a deleted one.
	UpdateTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, change tenancy.TenantChange) (tenancy.TenantEntry, []tenancy.Change, error)
	// DeleteTenant shuts one. Besides the caller's errors:
	// tenancy.ErrVersionMismatch.
	DeleteTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, match tenancy.Match) ([]tenancy.Change, error)
	// RestoreTenant takes that back, to those who could have done it.
	RestoreTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, []tenancy.Change, error)
	// PurgeSome erases a bounded part of what has been deleted for long enough, and
	// reports whether there may be more.
	PurgeSome(ctx context.Context) (more bool, changes []tenancy.Change, err error)
	// PurgeClaims erases, of a bounded number of accounts after one, those that only
	// claim their address and are due. It returns where to go on; zero: nowhere.
	PurgeClaims(ctx context.Context, after tenancy.UserID) (next tenancy.UserID, changes []tenancy.Change, err error)
	// DomainProof returns what would prove the pending domain, to admins.
	DomainProof(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.DomainProof, error)
	// TakeDomain puts the domain in force whose proof was seen, or returns
	// tenancy.ErrDomainUnproven or tenancy.ErrDomainTaken.
	TakeDomain(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, seen tenancy.DomainProof) (tenancy.DomainProof, []tenancy.Change, error)
}

const (
	domainTokenLen = 16 // bytes
	resolveTimeout = 5 * time.Second
)

// CreateTenant makes a tenant with the caller as its admin. Errors as for
// [LifeStore.CreateTenant], and InvalidErrors that point to "/name" and "/slug".
func (s *Service) CreateTenant(ctx context.Context, caller tenancy.Caller, name, slug string) (tenancy.TenantEntry, error) {
	wanted, err := s.newTenant(name, slug)
	if err != nil {
		return tenancy.TenantEntry{}, err
	}
	made, changes, err := s.Store.CreateTenant(ctx, caller, wanted)
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.TenantEntry{}, fmt.Errorf("creating a tenant: %w", err)
	}
	return made, nil
}

// newTenant checks what a tenant is to be called and gives it its ids.
func (s *Service) newTenant(name, slug string) (tenancy.NewTenant, error) {
	if err := errors.Join(checkTenantName(&name), checkSlug(&slug)); err != nil {
		return tenancy.NewTenant{}, joinInvalid(err)
	}
	return tenancy.NewTenant{ID: s.NewID(), MemberID: s.NewID(), Name: name, Slug: slug}, nil
}

func checkTenantName(name *string) error {
	if name != nil && !presentable(*name) {
		return tenancy.Invalid("/name", fmt.Sprintf("want 1 to %d bytes of text without control characters or surrounding space", maxNameBytes))
	}
	return nil
}

func checkSlug(slug *string) error {
	if slug == nil {
		return nil
	}
	if _, err := tenancy.NewSlug(*slug); err != nil {
		return tenancy.Invalid("/slug", err.Error())
	}
	return nil
}

// joinInvalid makes one InvalidError of those that errors.Join has gathered.
func joinInvalid(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	all := new(tenancy.InvalidError)
	for _, one := range joined.Unwrap() {
		if invalid, ok := errors.AsType[*tenancy.InvalidError](one); ok {
			all.Violations = append(all.Violations, invalid.Violations...)
		}
	}
	return all
}

// Inspect returns a tenant to its members, and to platform admins whatever has
// become of it.
func (s *Service) Inspect(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, error) {
	found, err := s.Store.InspectTenant(ctx, caller, id)
	if err != nil {
		return tenancy.TenantEntry{}, fmt.Errorf("loading the tenant: %w", err)
	}
	return found, nil
}

// UpdateTenant changes a tenant. A Domain that is not in force yet waits for
// its proof. Errors as for [LifeStore.UpdateTenant], and InvalidErrors that
// point to "/name", "/slug" and "/domain".
func (s *Service) UpdateTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, change tenancy.TenantChange) (tenancy.TenantEntry, error) {
	if err := errors.Join(checkTenantName(change.Name), checkSlug(change.Slug), foldDomain(&change)); err != nil {
		return tenancy.TenantEntry{}, joinInvalid(err)
	}
	token := make([]byte, domainTokenLen)
	if _, err := io.ReadFull(s.Random, token); err != nil {
		return tenancy.TenantEntry{}, fmt.Errorf("making a token to prove a domain: %w", err)
	}
	change.DomainToken = base64.RawURLEncoding.EncodeToString(token)
	changed, changes, err := s.Store.UpdateTenant(ctx, caller, id, change)
	s.settle(ctx, changes, err)
	if err != nil {
		return tenancy.TenantEntry{}, fmt.Errorf("changing the tenant: %w", err)
	}
	return changed, nil
}

func foldDomain(change *tenancy.TenantChange) error {
	if change.Domain == nil || *change.Domain == "" {
		return nil
	}
	domain, err := tenancy.ParseDomain(*change.Domain)
	if err != nil {
		return tenancy.Invalid("/domain", err.Error())
	}
	change.Domain = &domain
	return nil
}

// DeleteTenant shuts a tenant. Errors as for [LifeStore.DeleteTenant].
func (s *Service) DeleteTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, match tenancy.Match) error {
	changes, err := s.Store.DeleteTenant(ctx, caller, id, match)
	s.settle(ctx, changes, err)
	if err != nil {
		return fmt.Errorf("deleting the tenant: %w", err)
	}
	return nil
}

// RestoreTenant takes a deletion back. Errors as for [LifeStore.RestoreTenant].
func (s *Service) RestoreTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, error) {
	restored, changes, err := s.Store.RestoreTenant(ctx, caller, id)
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.TenantEntry{}, fmt.Errorf("restoring the tenant: %w", err)
	}
	return restored, nil
}

// DomainProof returns what would prove a tenant's pending domain.
func (s *Service) DomainProof(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.DomainProof, error) {
	proof, err := s.Store.DomainProof(ctx, caller, id)
	if err != nil {
		return tenancy.DomainProof{}, fmt.Errorf("loading the domain: %w", err)
	}
	return proof, nil
}

// VerifyDomain looks for the TXT record of the pending domain and puts it in
// force where it is there. Where nothing is pending and a domain is in force,
// that is the answer. It returns tenancy.ErrDomainUnproven where the record is
// not there, tenancy.ErrNameServer where no name server can say, and
// tenancy.ErrDomainTaken.
func (s *Service) VerifyDomain(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.DomainProof, error) {
	proof, err := s.DomainProof(ctx, caller, id)
	if err != nil || proof.Pending == "" && proof.Domain != "" {
		return proof, err
	}
	if err := s.lookForProof(ctx, proof); err != nil {
		return tenancy.DomainProof{}, fmt.Errorf("proving a domain: %w", err)
	}
	taken, changes, err := s.Store.TakeDomain(ctx, caller, id, proof)
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.DomainProof{}, fmt.Errorf("taking a domain: %w", err)
	}
	return taken, nil
}

// lookForProof asks for the record. The final dot keeps a resolver's search
// list out of it: no other name may stand in for the one that is to be proven.
func (s *Service) lookForProof(ctx context.Context, proof tenancy.DomainProof) error {
	if proof.Pending == "" {
		return tenancy.ErrDomainUnproven
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	records, err := s.LookupTXT(ctx, proof.TXTName()+".")
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return tenancy.ErrDomainUnproven
	}
	if err != nil {
		return fmt.Errorf("looking for the TXT record: %w: %w", tenancy.ErrNameServer, err)
	}
	if !slices.Contains(records, proof.TXTValue()) {
		return tenancy.ErrDomainUnproven
	}
	return nil
}

// Purge erases what has been deleted for long enough, until nothing is left to
// do, another replica does it, or ctx ends.
func (s *Service) Purge(ctx context.Context) error {
	for ctx.Err() == nil {
		more, changes, err := s.Store.PurgeSome(ctx)
		s.forget(ctx, changes)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// PurgeClaims erases the accounts that have only claimed their address for long
// enough, and are members of nothing.
func (s *Service) PurgeClaims(ctx context.Context) error {
	for after := (tenancy.UserID{}); ctx.Err() == nil; {
		next, changes, err := s.Store.PurgeClaims(ctx, after)
		s.forget(ctx, changes)
		if err != nil || next.IsZero() {
			return err
		}
		after = next
	}
	return nil
}

// PurgeEvery purges now and then until ctx ends, and logs what goes wrong: it is
// tried again the next time. It is for a background loop.
func (s *Service) PurgeEvery(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := errors.Join(s.Purge(ctx), s.PurgeClaims(ctx)); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "purging deleted tenants and claims", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
