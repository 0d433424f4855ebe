package tenancy

import (
	"errors"
	"strings"
	"time"
)

// ErrBadDomain is what ParseDomain returns.
var ErrBadDomain = errors.New("not a DNS name: want two labels or more of a-z, 0-9 and -, at most 240 characters, without port and final dot")

// txtLabel stands before a domain where its proof is looked for, so that a
// wildcard record of the domain itself proves nothing.
const txtLabel = "_tenantgate."

const txtPrefix = "tenantgate-verification="

// ParseDomain reads the host name that a tenant asks for and folds it to lower
// case. Addresses are none: a last label of digits (RFC 3696, section 2) is refused.
func ParseDomain(s string) (string, error) {
	last := s[strings.LastIndexByte(s, '.')+1:]
	if len(s) > 253-len(txtLabel)-1 || !domainName(s) || strings.Trim(last, "0123456789") == "" {
		return "", ErrBadDomain
	}
	return lowerASCII(s), nil
}

// DomainProof is a tenant's domain, and what would prove the next one.
type DomainProof struct {
	Domain     string    // the one in force; empty: none
	VerifiedAt time.Time // of Domain; zero: an operator set it
	Pending    string    // the one that waits for its proof; empty: none
	Token      string    // that the proof has to show; empty: nothing is pending
}

// TXTName returns where the record of the pending domain goes.
func (p DomainProof) TXTName() string {
	if p.Pending == "" {
		return ""
	}
	return txtLabel + p.Pending
}

// TXTValue returns what the record has to say.
func (p DomainProof) TXTValue() string {
	if p.Pending == "" {
		return ""
	}
	return txtPrefix + p.Token
}
