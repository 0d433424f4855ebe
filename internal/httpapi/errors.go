package httpapi

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// Code is the stable name of a refusal, for programs to branch on.
type Code string

// The codes, each with one status.
const (
	BadRequest            Code = "bad_request"
	TenantConflict        Code = "tenant_conflict"
	TenantRequired        Code = "tenant_required"
	TokenMissing          Code = "token_missing"
	TokenInvalid          Code = "token_invalid"
	TokenExpired          Code = "token_expired"
	CredentialsInvalid    Code = "credentials_invalid"
	NotAMember            Code = "not_a_member"
	RoleRequired          Code = "role_required"
	TenantSuspended       Code = "tenant_suspended"
	OriginRefused         Code = "origin_refused"
	JoinRefused           Code = "join_refused"
	NotFound              Code = "not_found"
	MethodNotAllowed      Code = "method_not_allowed"
	AlreadyMember         Code = "already_member"
	LastAdmin             Code = "last_admin"
	SeatLimitReached      Code = "seat_limit_reached"
	SlugTaken             Code = "slug_taken"
	AddressTaken          Code = "address_taken"
	DomainTaken           Code = "domain_taken"
	DomainUnproven        Code = "domain_unproven"
	IdempotencyInProgress Code = "idempotency_in_progress"
	IdempotencyOutcome    Code = "idempotency_outcome_lost"
	InvitationGone        Code = "invitation_gone"
	LinkGone              Code = "link_gone"
	VersionMismatch       Code = "version_mismatch"
	BodyTooLarge          Code = "body_too_large"
	UnsupportedMediaType  Code = "unsupported_media_type"
	ValidationFailed      Code = "validation_failed"
	IdempotencyKeyReused  Code = "idempotency_key_reused"
	RateLimited           Code = "rate_limited"
	InternalError         Code = "internal_error"
	MembershipUnavailable Code = "membership_unavailable"
)

// refusals gives each code its status and what people are told where there is
// nothing more precise to say.
var refusals = map[Code]struct {
	status int
	detail string
}{
	BadRequest:            {http.StatusBadRequest, "The request cannot be read."},
	TenantConflict:        {http.StatusBadRequest, "The request names two different tenants."},
	TenantRequired:        {http.StatusBadRequest, "The request names no tenant, and the user has no current one."},
	TokenMissing:          {http.StatusUnauthorized, "An access token is required."},
	TokenInvalid:          {http.StatusUnauthorized, "The access token is not valid."},
	TokenExpired:          {http.StatusUnauthorized, "The access token has expired."},
	CredentialsInvalid:    {http.StatusUnauthorized, "The address or the password is wrong."},
	NotAMember:            {http.StatusForbidden, "There is no such tenant, or you are not a member of it."},
	RoleRequired:          {http.StatusForbidden, "Your role does not allow this."},
	TenantSuspended:       {http.StatusForbidden, "The tenant is suspended."},
	OriginRefused:         {http.StatusForbidden, "Requests from this origin are not accepted with a cookie."},
	JoinRefused:           {http.StatusForbidden, "There is no such tenant, or it lets nobody register with this address."},
	NotFound:              {http.StatusNotFound, "There is nothing here."},
	MethodNotAllowed:      {http.StatusMethodNotAllowed, "The method is not allowed here; the header Allow lists those that are."},
	AlreadyMember:         {http.StatusConflict, "The address is a member or invited already."},
	LastAdmin:             {http.StatusConflict, "A tenant needs at least one active admin."},
	SeatLimitReached:      {http.StatusConflict, "Members and pending invitations fill all seats of the tenant."},
	SlugTaken:             {http.StatusConflict, "Another tenant has this slug."},
	AddressTaken:          {http.StatusConflict, "The address has an account; sign in with its password."},
	DomainTaken:           {http.StatusConflict, "Another tenant has this domain."},
	DomainUnproven:        {http.StatusConflict, "The TXT record was not found, or says something else."},
	IdempotencyInProgress: {http.StatusConflict, "The first request with this Idempotency-Key is still under way."},
	IdempotencyOutcome:    {http.StatusConflict, "The request with this Idempotency-Key was carried out; its answer is no longer known."},
	InvitationGone:        {http.StatusGone, "The invitation has been used, was revoked or has expired."},
	LinkGone:              {http.StatusGone, "The link has been used or has expired."},
	VersionMismatch:       {http.StatusPreconditionFailed, "It has changed since you read it."},
	BodyTooLarge:          {http.StatusRequestEntityTooLarge, "The body is larger than 1 MiB."},
	UnsupportedMediaType:  {http.StatusUnsupportedMediaType, "The body must be application/json in UTF-8, not encoded further."},
	ValidationFailed:      {http.StatusUnprocessableEntity, "The request was understood, but parts of it cannot be accepted."},
	IdempotencyKeyReused:  {http.StatusUnprocessableEntity, "This Idempotency-Key was used for another request."},
	RateLimited:           {http.StatusTooManyRequests, "Too many requests."},
	InternalError:         {http.StatusInternalServerError, "Something went wrong on our side."},
	MembershipUnavailable: {http.StatusServiceUnavailable, "The answer cannot be had right now; try again."},
}

// Codes returns every code there is, in no order.
func Codes() []Code { return slices.Collect(maps.Keys(refusals)) }

// Status returns the HTTP status of the code; a code that is none of ours has
// that of InternalError.
func (c Code) Status() int {
	if refusal, ok := refusals[c]; ok {
		return refusal.status
	}
	return http.StatusInternalServerError
}

// Problem is a refusal as the client is told of it. It is an error, so that
// hooks and resources can return the refusal they mean.
type Problem struct {
	Code Code
	// Detail is for people. Empty: what the code always says.
	Detail string
	// Violations says which fields are wrong, where the input is.
	Violations []tenancy.Violation
	// RetryAfter says when trying again may help, in whole seconds. Zero: not said,
	// but for a 503, which always says it.
	RetryAfter time.Duration
}

// Error returns the code and the detail.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return string(p.Code)
	}
	return string(p.Code) + ": " + p.Detail
}

// codes maps the errors of the layers below. Their own texts never reach a client:
// they say what we were doing, and must not say to a stranger which of two
// reasons it was.
var codes = []struct {
	err  error
	code Code
}{
	{token.ErrExpired, TokenExpired},
	{token.ErrInvalid, TokenInvalid},
	{tenancy.ErrNotFound, NotFound},
	{tenancy.ErrNotMember, NotAMember},
	{tenancy.ErrRoleRequired, RoleRequired},
	{tenancy.ErrTenantSuspended, TenantSuspended},
	{tenancy.ErrUserInactive, TokenInvalid},
	{tenancy.ErrAddressTaken, AddressTaken},
	{tenancy.ErrJoinRefused, JoinRefused},
	{tenancy.ErrLinkGone, LinkGone},
	{tenancy.ErrRefreshRefused, TokenInvalid},
	{tenancy.ErrBadCredentials, CredentialsInvalid},
	{tenancy.ErrAlreadyMember, AlreadyMember},
	{tenancy.ErrLastAdmin, LastAdmin},
	{tenancy.ErrSeatLimit, SeatLimitReached},
	{tenancy.ErrSlugTaken, SlugTaken},
	{tenancy.ErrInvitationGone, InvitationGone},
	{tenancy.ErrDomainTaken, DomainTaken},
	{tenancy.ErrDomainUnproven, DomainUnproven},
	{tenancy.ErrVersionMismatch, VersionMismatch},
	{tenancy.ErrInProgress, IdempotencyInProgress},
	{tenancy.ErrOutcomeLost, IdempotencyOutcome},
	{tenancy.ErrKeyReused, IdempotencyKeyReused},
	{tenancy.ErrTooManyKeys, RateLimited},
	{tenancy.ErrUnavailable, MembershipUnavailable},
	{context.Canceled, MembershipUnavailable},
	{context.DeadlineExceeded, MembershipUnavailable},
}

// retryAfter is when trying again may help, for the codes of which that is known.
var retryAfter = map[Code]time.Duration{IdempotencyInProgress: time.Second, RateLimited: time.Minute}

// ProblemOf translates any error into what the client is told. An error that
// nobody has named is an InternalError.
func ProblemOf(err error) *Problem {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem
	}
	if invalid, ok := errors.AsType[*tenancy.InvalidError](err); ok {
		return &Problem{Code: ValidationFailed, Violations: invalid.Violations}
	}
	for _, known := range codes {
		if errors.Is(err, known.err) {
			return &Problem{Code: known.code, RetryAfter: retryAfter[known.code]}
		}
	}
	return &Problem{Code: InternalError}
}

// problemJSON is the wire form, RFC 9457. With the type about:blank the title is
// the phrase of the status (section 4.2.1); code says the rest.
type problemJSON struct {
	Type      string          `json:"type"`
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"`
	Code      Code            `json:"code"`
	RequestID string          `json:"request_id"`
	Errors    []violationJSON `json:"errors,omitempty"`
}

// violationJSON has the fields of tenancy.Violation in its order.
type violationJSON struct {
	Pointer string `json:"pointer"`
	In      string `json:"in"`
	Detail  string `json:"detail"`
}

// Refuse is [WriteProblem] for a code and a detail; an empty detail says what
// the code always says.
func Refuse(w http.ResponseWriter, requestID string, code Code, detail string) {
	WriteProblem(w, requestID, &Problem{Code: code, Detail: detail})
}

// WriteProblem answers with application/problem+json (RFC 9457), the headers
// that belong to the status, and nothing that may be cached. The request id goes
// into the body and into X-Request-ID.
func WriteProblem(w http.ResponseWriter, requestID string, problem *Problem) {
	status := problem.Code.Status()
	detail := problem.Detail
	if detail == "" {
		detail = refusals[problem.Code].detail
	}
	wire := problemJSON{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Code: problem.Code, RequestID: requestID,
	}
	for _, v := range problem.Violations {
		wire.Errors = append(wire.Errors, violationJSON(v))
	}
	body, _ := json.Marshal(wire, jsontext.AllowInvalidUTF8(true)) // strings and a number: nothing can fail
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if requestID != "" {
		header.Set("X-Request-ID", requestID)
	}
	if challenge := challenge(problem.Code); challenge != "" {
		header.Set("WWW-Authenticate", challenge)
	}
	if wait := problem.RetryAfter; wait > 0 || status == http.StatusServiceUnavailable {
		seconds := max(1, math.Ceil(wait.Seconds()))
		header.Set("Retry-After", strconv.FormatFloat(seconds, 'f', 0, 64))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// challenge returns the WWW-Authenticate of a 401 (RFC 6750, section 3: no error
// where no token was given), or nothing.
func challenge(code Code) string {
	switch code {
	case TokenInvalid:
		return `Bearer realm="tenantgate", error="invalid_token", error_description="The access token is not valid"`
	case TokenExpired:
		return `Bearer realm="tenantgate", error="invalid_token", error_description="The access token expired"`
	case TokenMissing, CredentialsInvalid:
		return `Bearer realm="tenantgate"`
	}
	return ""
}
