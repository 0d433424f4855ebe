package token

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// claims is what we read of a claims set (RFC 7519, section 4). Names are
// matched byte for byte: "EXP" is not exp.
type claims struct {
	issuer, subject string
	audience        []string
	window          window
	tenant          tenancy.TenantID
	session         string
	email, name     string
	emailVerified   bool
	// otherUse says that the claims mark an id_token, a refresh token or another
	// token that is not for calling an API with.
	otherUse bool
}

// readClaims reads a claims set. What we do not know is checked for form alone.
func readClaims(data []byte) (claims, error) {
	var c claims
	err := members(data, c.read)
	if err != nil {
		return claims{}, refusal(err, refusedClaims)
	}
	return c, nil
}

func (c *claims) read(name string, value *jsontext.Decoder) (err error) {
	switch name {
	case "iss":
		c.issuer, err = text(value)
	case "sub":
		c.subject, err = text(value)
	case "aud":
		c.audience, err = texts(value)
	case "exp":
		c.window.expires, err = date(value)
	case "nbf":
		c.window.notBefore, err = date(value)
	case "iat":
		c.window.issued, err = date(value)
	case "tenant_id":
		c.tenant, err = tenant(value)
	case "sid":
		c.session, err = optionalText(value)
	case "email":
		c.email, err = optionalText(value)
	case "name":
		c.name, err = optionalText(value)
	case "email_verified":
		c.emailVerified, err = yes(value)
	default:
		var other bool
		other, err = otherUse(name, value)
		c.otherUse = c.otherUse || other
	}
	return err
}

// otherUse reads a claim that may tell that the token is for another use: those
// that only id_tokens (OpenID Connect Core, sections 2 and 3.3.2.11) and
// security events (RFC 8417) have, and the names under which identity providers
// and login services keep access and refresh tokens apart where typ does not.
func otherUse(name string, value *jsontext.Decoder) (bool, error) {
	switch name {
	case "nonce", "at_hash", "c_hash", "s_hash", "events":
		return true, skip(value)
	case "typ", "type", "token_type", "token_use":
		if value.PeekKind() != '"' {
			return false, skip(value)
		}
		use, err := text(value)
		return !accessUse(use), err
	}
	return false, skip(value)
}

func accessUse(use string) bool {
	for _, name := range [...]string{"access", "access_token", "bearer", "jwt", "at+jwt"} {
		if equalFold(use, name) {
			return true
		}
	}
	return false
}

// optionalText reads a string, or null for none.
func optionalText(d *jsontext.Decoder) (string, error) {
	if d.PeekKind() == 'n' {
		return "", skip(d)
	}
	return text(d)
}

// texts reads a string or an array of strings.
func texts(d *jsontext.Decoder) ([]string, error) {
	if d.PeekKind() != '[' {
		one, err := text(d)
		return []string{one}, err
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, errNotJSON
	}
	var all []string
	for d.PeekKind() != ']' {
		one, err := text(d)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	_, err := d.ReadToken()
	return all, err
}

// tenant reads a tenant id, or null for none. Anything else is refused: to
// ignore it would put the request into another tenant than the token names.
func tenant(d *jsontext.Decoder) (tenancy.TenantID, error) {
	if d.PeekKind() == 'n' {
		return tenancy.TenantID{}, skip(d)
	}
	s, err := text(d)
	if err != nil {
		return tenancy.TenantID{}, err
	}
	return tenancy.ParseTenantID(s)
}

// yes reads true, or "true" as some identity providers write it; every other
// value is a no.
func yes(d *jsontext.Decoder) (bool, error) {
	switch d.PeekKind() {
	case 't':
		return true, skip(d)
	case '"':
		s, err := text(d)
		return s == "true", err
	}
	return false, skip(d)
}

const (
	maxDate        = 253402300799 // 9999-12-31T23:59:59Z
	fractionDigits = 9
)

// date reads a NumericDate (RFC 7519, section 2): seconds since 1970, whole or
// with a decimal fraction, up to the year 9999. Signs and exponents are
// refused; nobody writes a date so.
func date(d *jsontext.Decoder) (time.Time, error) {
	t, err := d.ReadToken()
	if err != nil || t.Kind() != '0' {
		return time.Time{}, errNotJSON
	}
	whole, fraction, _ := strings.Cut(t.String(), ".")
	seconds, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || seconds > maxDate || len(fraction) > fractionDigits {
		return time.Time{}, errNotJSON
	}
	nanos, err := strconv.ParseUint((fraction + "000000000")[:fractionDigits], 10, 63)
	if err != nil {
		return time.Time{}, errNotJSON
	}
	return time.Unix(int64(seconds), int64(nanos)).UTC(), nil
}

// window is when a token is good. Zero times were not said.
type window struct {
	issued, notBefore, expires time.Time
}

// check returns nil while the window is open at now, give or take leeway.
func (w window) check(now time.Time, leeway time.Duration) error {
	switch early := now.Add(leeway); {
	case early.Before(w.notBefore):
		return refusedNotYet
	case early.Before(w.issued):
		return refusedFuture
	case !now.Add(-leeway).Before(w.expires):
		return ErrExpired
	}
	return nil
}
