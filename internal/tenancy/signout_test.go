package tenancy_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestSignoutsCover(t *testing.T) {
	t.Parallel()
	one, two, three := tenancy.SessionID{15: 1}, tenancy.SessionID{15: 2}, tenancy.SessionID{15: 3}
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	half := at.Add(500 * time.Millisecond).UnixMilli()
	for _, test := range []struct {
		name     string
		signouts tenancy.Signouts
		subject  tenancy.Subject
		want     bool
	}{
		{"nothing ended", tenancy.Signouts{}, tenancy.Subject{Session: one}, false},
		{"its session ended", tenancy.Signouts{Ended: tenancy.NewSessionSet(two, one)}, tenancy.Subject{Session: one}, true},
		{"others ended", tenancy.Signouts{Ended: tenancy.NewSessionSet(two, three)}, tenancy.Subject{Session: one}, false},
		{"ids that overlap two others", tenancy.Signouts{Ended: tenancy.NewSessionSet(tenancy.SessionID{0: 9, 8: 1}, tenancy.SessionID{0: 7})},
			tenancy.Subject{Session: tenancy.SessionID{0: 1, 8: 7}}, false},
		{"a session of a slow clock, after all others ended", tenancy.Signouts{NotBefore: half, Ended: tenancy.NewSessionSet(two)},
			tenancy.Subject{Session: one, IssuedAt: at.Add(-time.Minute)}, false},
		{"among more than are told apart", tenancy.Signouts{Through: two}, tenancy.Subject{Session: one}, true},
		{"the last of those", tenancy.Signouts{Through: two}, tenancy.Subject{Session: two}, true},
		{"after those", tenancy.Signouts{Through: two}, tenancy.Subject{Session: three}, false},
		{"no session, issued before", tenancy.Signouts{NotBefore: half}, tenancy.Subject{IssuedAt: at.Add(-time.Second)}, true},
		{"no session, issued in the same second", tenancy.Signouts{NotBefore: half}, tenancy.Subject{IssuedAt: at}, true},
		{"no session, issued after", tenancy.Signouts{NotBefore: half}, tenancy.Subject{IssuedAt: at.Add(time.Second)}, false},
		{"no session, does not say when", tenancy.Signouts{NotBefore: half}, tenancy.Subject{}, true},
		{"no session, nothing ended", tenancy.Signouts{Ended: tenancy.NewSessionSet(one), Through: two}, tenancy.Subject{}, false},
	} {
		if got := test.signouts.Cover(test.subject); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
