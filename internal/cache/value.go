package cache

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// A mark names a state of a user or a tenant in Redis; a value is of use while
// the marks it was written under stand.
const markSize = 16

// maxValue is the most bytes that a value has; more was not written by us.
const maxValue = 2048

// valueVersion is the first byte of a value. Change it, and keyPrefix with it,
// when what follows changes, so that old and new binaries keep apart.
const valueVersion = 'X'

var errGarbled = errors.New("not a value that this version writes")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// value is what Redis holds of a membership: the marks it was read under, what
// its writer had heard, the membership with its key, and a checksum.
type value struct {
	userMark, tenantMark string // markSize bytes each
	seen                 uint64 // what its writer had heard, see tenancy.Hearing
	membership           tenancy.Membership
}

// encode writes the value; decodeValue is its inverse.
func (v value) encode() []byte {
	m := v.membership
	b := make([]byte, 0, 256)
	b = append(b, valueVersion)
	b = append(b, v.userMark...)
	b = append(b, v.tenantMark...)
	b = append(b, m.User[:]...)
	b = append(b, m.Tenant[:]...)
	b = append(b, byte(m.Role))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Version))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Signouts.NotBefore))
	b = append(b, m.Signouts.Through[:]...)
	b = binary.BigEndian.AppendUint64(b, v.seen)
	for _, s := range []string{
		m.TenantSlug, string(m.TenantStatus), string(m.Email), string(m.UserStatus), string(m.Status), string(m.Signouts.Ended),
	} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		b = append(b, s...)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeValue reads what encode wrote for key and nothing else: a value that
// names another member, is cut, garbled or of another version is an error.
func decodeValue(key tenancy.Key, raw string) (value, error) {
	const fixed = 1 + 2*markSize + 16 + 16 + 1 + 8 + 8 + 16 + 8
	if len(raw) > maxValue || len(raw) < fixed+4 || raw[0] != valueVersion {
		return value{}, errGarbled
	}
	b, sum := []byte(raw[:len(raw)-4]), raw[len(raw)-4:]
	if crc32.Checksum(b, castagnoli) != binary.BigEndian.Uint32([]byte(sum)) {
		return value{}, errGarbled
	}
	v := value{userMark: string(b[1:17]), tenantMark: string(b[17:33])}
	m := &v.membership
	copy(m.User[:], b[33:49])
	copy(m.Tenant[:], b[49:65])
	m.Role = tenancy.Role(b[65])
	m.Version = int64(binary.BigEndian.Uint64(b[66:74]))
	m.Signouts.NotBefore = int64(binary.BigEndian.Uint64(b[74:82]))
	copy(m.Signouts.Through[:], b[82:98])
	v.seen = binary.BigEndian.Uint64(b[98:106])
	texts, whole := decodeTexts(b[fixed:])
	if m.Key != key || m.Role > tenancy.RoleAdmin || !whole {
		return value{}, errGarbled
	}
	m.TenantSlug, m.TenantStatus = texts[0], tenancy.Status(texts[1])
	m.Email, m.UserStatus = tenancy.Email(texts[2]), tenancy.Status(texts[3])
	m.Status = tenancy.Status(texts[4])
	m.Signouts.Ended = tenancy.SessionSet(texts[5])
	return v, nil
}

// decodeTexts reads six length-prefixed texts that fill b exactly.
func decodeTexts(b []byte) (texts [6]string, whole bool) {
	for i := range texts {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return texts, false
		}
		end := 2 + int(binary.BigEndian.Uint16(b))
		texts[i], b = string(b[2:end]), b[end:]
	}
	return texts, len(b) == 0
}
