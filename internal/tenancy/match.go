package tenancy

import "slices"

// Match says which version of a thing a change is meant for (If-Match, RFC
// 9110, section 13.1.1). The zero Match is meant for whatever is there.
type Match struct {
	conditional bool
	any         bool
	versions    []int64
}

// MatchVersions returns a Match for one of these versions; without any, nothing
// matches.
func MatchVersions(versions ...int64) Match {
	return Match{conditional: true, versions: versions}
}

// MatchExisting returns a Match for any version, but not for what is not there.
func MatchExisting() Match { return Match{conditional: true, any: true} }

// Check returns ErrVersionMismatch unless the change is meant for this version.
// Version 0 is what is not there. It belongs into the transaction of the change,
// after the row has been locked.
func (m Match) Check(version int64) error {
	switch {
	case !m.conditional, m.any && version != 0, version != 0 && slices.Contains(m.versions, version):
		return nil
	}
	return ErrVersionMismatch
}
