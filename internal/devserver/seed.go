package devserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Seeded says what Seed found, or did.
type Seeded string

// The outcomes of Seed.
const (
	SeededNow    Seeded = "loaded"
	SeededBefore Seeded = "kept from an earlier start"
	SeededNot    Seeded = "not loaded: the database holds other people's data"
)

// Seed loads the demo tenants and people into a database that holds nothing,
// once: what people change in the demo afterwards stays as they left it. An
// earlier attempt that was broken off is completed.
//
// A database with data of its own is left alone, for the demo accounts have a
// published password and one of them is a platform admin. empty says that the
// schema was made just now, or that the database is nobody else's.
func Seed(ctx context.Context, store *postgres.Store, empty bool) (Seeded, error) {
	people := People()
	first, last := people[0], people[len(people)-1]
	// The first account says that this is a demo, the last that it is complete.
	begun, err := holds(ctx, store, first)
	if err != nil {
		return "", err
	}
	done, err := holds(ctx, store, last)
	switch {
	case err != nil:
		return "", err
	case done:
		return SeededBefore, nil
	case !begun && !empty:
		return SeededNot, nil
	}
	return SeededNow, load(ctx, store, people)
}

// holds reports whether the person is there, under the demo's id.
func holds(ctx context.Context, store *postgres.Store, person Person) (bool, error) {
	account, err := store.Account(ctx, person.Email)
	if errors.Is(err, tenancy.ErrNotFound) {
		return false, nil
	}
	return account.ID == person.ID, err
}

// load makes everything that is missing, the last person last.
func load(ctx context.Context, store *postgres.Store, people []Person) error {
	hash, err := manage.HashPassword(Password)
	if err != nil {
		return fmt.Errorf("hashing the demo password: %w", err)
	}
	last := len(people) - 1
	for _, person := range people[:last] {
		if err := loadPerson(ctx, store, person, hash); err != nil {
			return err
		}
	}
	for _, tenant := range Tenants() {
		if err := loadTenant(ctx, store, tenant, people); err != nil {
			return err
		}
	}
	return loadPerson(ctx, store, people[last], hash)
}

func loadPerson(ctx context.Context, store *postgres.Store, person Person, hash string) error {
	_, err := store.SeedUser(ctx, tenancy.NewUser{
		ID: person.ID, Email: person.Email, Name: person.Name, PasswordHash: hash, Role: person.Platform,
	})
	return err
}

// loadTenant makes a tenant with its admin, its other members and its settings.
func loadTenant(ctx context.Context, store *postgres.Store, tenant Tenant, people []Person) error {
	members := membersOf(tenant, people)
	_, err := store.SeedTenant(ctx, postgres.NewTenant{
		ID: tenant.ID, Name: tenant.Name, Slug: tenant.Slug, Status: tenant.Status, MaxUsers: tenant.MaxUsers,
		Admin: members[0].UserID, MemberID: members[0].ID,
	})
	if err != nil {
		return err
	}
	for _, member := range members[1:] {
		if err := store.SeedMember(ctx, member); err != nil {
			return err
		}
	}
	if tenant.JoinPolicy == "" {
		return nil
	}
	policy, err := json.Marshal(tenant.JoinPolicy)
	if err != nil {
		return fmt.Errorf("encoding the join policy: %w", err)
	}
	return store.SeedConfig(ctx, tenant.ID, "join_policy", policy)
}

// membersOf returns the memberships of a tenant, its admin first.
func membersOf(tenant Tenant, people []Person) []tenancy.Member {
	var admins, others []tenancy.Member
	for _, person := range people {
		for _, in := range person.Roles {
			if in.Tenant != tenant.Slug {
				continue
			}
			member := tenancy.Member{ID: tenancy.MemberID(uuid.Must(uuid.NewV7())), TenantID: tenant.ID, UserID: person.ID, Role: in.Role}
			if in.Role == tenancy.RoleAdmin {
				admins = append(admins, member)
			} else {
				others = append(others, member)
			}
		}
	}
	return append(admins, others...)
}
