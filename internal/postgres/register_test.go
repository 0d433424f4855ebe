package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// registering is somebody's registration, who makes a tenant. begin is called when
// everything but the session is there.
func registering(name string, begin func()) tenancy.Registration {
	return tenancy.Registration{
		Account: tenancy.NewUser{ID: newID(), Email: address(name), Name: name},
		Create:  &tenancy.NewTenant{ID: newID(), MemberID: newID(), Name: name, Slug: name}, MemberID: newID(), VerifyID: newID(),
		Open: func(user tenancy.User, tenant *tenancy.TenantEntry) (tenancy.NewSession, error) {
			begin()
			now, id := time.Now(), newID()
			return tenancy.NewSession{
				Session:     tenancy.Session{ID: id, User: user.ID, Tenant: tenant.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)},
				RefreshHash: append(id[:], id[:]...),
			}, nil
		},
	}
}

// Every registration is in the log of the platform, one after the other. They
// wait for each other at its end alone: one that is slow keeps no other back.
func TestRegistrationsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reached, release := make(chan struct{}), make(chan struct{})
	var slow sync.WaitGroup
	slow.Go(func() {
		_, _, err := w.Register(t.Context(), registering("slow", func() { close(reached); <-release }))
		if err != nil {
			t.Errorf("the slow one: %v", err)
		}
	})
	<-reached
	quick, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, _, err := w.Register(quick, registering("quick", func() {})); err != nil {
		t.Errorf("beside a slow one: %v, want success", err)
	}
	close(release)
	slow.Wait()

	const parallel, each = 20, 20
	started := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for range parallel {
		all.Go(func() {
			for range each {
				if _, _, err := w.Register(t.Context(), registering(fmt.Sprint("person", next.Add(1)), func() {})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%.0f registrations a second, %d at a time", parallel*each/time.Since(started).Seconds(), parallel)
	if n := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE tenant_id IS NULL AND action = 'user.registered'`); n != parallel*each+2 {
		t.Errorf("the log tells of %d registrations, want %d", n, parallel*each+2)
	}
	if chain, err := w.VerifyAudit(t.Context(), tenancy.TenantID{}, tenancy.ChainHead{}); err != nil || len(chain.Faults) > 0 {
		t.Errorf("the platform's log: %v, %v, want it intact", chain.Faults, err)
	}
}
