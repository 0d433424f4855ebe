package tenancy_test

import (
	"errors"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestMatch(t *testing.T) {
	for name, test := range map[string]struct {
		match   tenancy.Match
		version int64
		want    error
	}{
		"no condition":                     {tenancy.Match{}, 7, nil},
		"no condition, nothing there":      {tenancy.Match{}, 0, nil},
		"that version":                     {tenancy.MatchVersions(7), 7, nil},
		"one of several":                   {tenancy.MatchVersions(6, 7), 7, nil},
		"another version":                  {tenancy.MatchVersions(6), 7, tenancy.ErrVersionMismatch},
		"a version, nothing there":         {tenancy.MatchVersions(7), 0, tenancy.ErrVersionMismatch},
		"version zero, nothing there":      {tenancy.MatchVersions(0), 0, tenancy.ErrVersionMismatch},
		"none of the versions can be ours": {tenancy.MatchVersions(), 7, tenancy.ErrVersionMismatch},
		"anything":                         {tenancy.MatchExisting(), 7, nil},
		"anything, nothing there":          {tenancy.MatchExisting(), 0, tenancy.ErrVersionMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := test.match.Check(test.version); !errors.Is(err, test.want) {
				t.Errorf("Check(%d) = %v, want %v", test.version, err, test.want)
			}
		})
	}
}
