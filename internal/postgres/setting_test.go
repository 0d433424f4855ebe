package postgres_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// A client that remembers the version of a key that was deleted since must not
// be taken for one that has seen what is there now.
func TestSettingVersionsNeverRepeat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme, by := w.tenant("acme", anna), tenancy.Caller{User: anna}
	var versions []int64
	for round := range 3 {
		for change := range 2 {
			set, isNew, _, err := w.SetSetting(t.Context(), by, acme, "custom.x", []byte(`1`), tenancy.Match{})
			if err != nil || isNew != (change == 0) {
				t.Fatalf("round %d, change %d: new %v, %v", round, change, isNew, err)
			}
			if slices.Contains(versions, set.Version) {
				t.Errorf("version %d again, after %v", set.Version, versions)
			}
			versions = append(versions, set.Version)
			if found, err := w.Setting(t.Context(), by, acme, "custom.x"); err != nil || found.Version != set.Version {
				t.Errorf("read back: version %d, %v, want %d", found.Version, err, set.Version)
			}
		}
		if _, err := w.DeleteSetting(t.Context(), by, acme, "custom.x", tenancy.Match{}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Setting(t.Context(), by, acme, "custom.x"); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("deleted: %v, want ErrNotFound", err)
		}
	}
}
