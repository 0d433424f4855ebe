package token

import "errors"

// What [Verifier.Verify] answers besides tenancy.ErrUnavailable. They exclude
// each other.
var (
	// ErrInvalid: the token proves nothing here. The error that wraps it is a
	// [Refusal].
	ErrInvalid = errors.New("the token is not valid")
	// ErrExpired: all is well with the token but that its time is over.
	ErrExpired = errors.New("the token has expired")
)

// Refusal is why a token is invalid. It is one of the phrases below, so it is
// safe to log and to count by: no part of a token is ever in it. It must not be
// told to the bearer, who would learn how to forge better.
type Refusal string

// The refusals.
const (
	refusedLength     Refusal = "longer than 8 KiB"
	refusedForm       Refusal = "not three parts of canonical base64url"
	refusedHeader     Refusal = "malformed header"
	refusedExtension  Refusal = "header extension that is not supported"
	refusedClaims     Refusal = "malformed claims"
	refusedAlgorithm  Refusal = "algorithm not allowed"
	refusedType       Refusal = "not an access token"
	refusedIssuer     Refusal = "wrong issuer"
	refusedAudience   Refusal = "wrong audience"
	refusedSubject    Refusal = "missing or malformed subject"
	refusedSession    Refusal = "malformed session"
	refusedNoExpiry   Refusal = "no expiry"
	refusedNotYet     Refusal = "not valid yet"
	refusedFuture     Refusal = "issued in the future"
	refusedUnknownKey Refusal = "unknown key"
	refusedUnfitKey   Refusal = "key does not fit the algorithm"
	refusedManyKeys   Refusal = "more than one key fits"
	refusedSignature  Refusal = "signature does not match"
)

// Error names the reason.
func (r Refusal) Error() string { return "the token is not valid: " + string(r) }

// Is makes every refusal an ErrInvalid.
func (r Refusal) Is(target error) bool { return target == ErrInvalid }

// refusal returns the Refusal that err is, or else otherwise: what a JSON
// decoder says may quote the token, so it is dropped.
func refusal(err error, otherwise Refusal) error {
	if reason, ok := errors.AsType[Refusal](err); ok {
		return reason
	}
	return otherwise
}
