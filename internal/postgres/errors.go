package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// constraints says what it means that a constraint of the schema refused. They
// are lost races for the most part: the transactions look first.
var constraints = map[string]error{
	"users_email_key":                    tenancy.ErrAddressTaken,
	"users_name_check":                   tenancy.Invalid("/name", "at most 200 characters"),
	"tenants_name_check":                 tenancy.Invalid("/name", "1 to 200 characters"),
	"tenants_slug_key":                   tenancy.ErrSlugTaken,
	"tenants_domain_key":                 tenancy.ErrDomainTaken,
	"tenants_max_users_check":            tenancy.Invalid("/max_users", "at least 1"),
	"tenant_users_tenant_id_user_id_key": tenancy.ErrAlreadyMember,
	"tenant_users_last_admin":            tenancy.ErrLastAdmin,
	"tenant_users_tenant_id_fkey":        tenancy.ErrNotFound,
	"tenant_users_user_id_fkey":          tenancy.ErrUserInactive,
	"tenant_configs_tenant_id_fkey":      tenancy.ErrNotFound,
	"tenant_configs_key_check":           tenancy.Invalid("/key", "want a-z first, then a-z, 0-9, _, . and -, at most 64 characters"),
	"tenant_configs_value_check":         tenancy.Invalid("/value", "at most 64 KiB"),
	"invitations_one_pending":            tenancy.ErrAlreadyMember,
	"sessions_user_id_fkey":              tenancy.ErrUserInactive,
}

// translate says err in the words of package tenancy, after what was being
// done: a refusing constraint as its meaning, a Postgres that is away, slow or
// shutting down as ErrUnavailable, and everything else as it is.
func translate(doing string, err error) error {
	if err == nil {
		return nil
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		if meaning, ok := constraints[pgErr.ConstraintName]; ok {
			return fmt.Errorf("%s: %w", doing, meaning)
		}
	}
	if unavailable(err) {
		return fmt.Errorf("%s: %w: %w", doing, tenancy.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// unavailable reports whether asking again later may be answered.
func unavailable(err error) bool {
	if lostConnection(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, errStandby) {
		return true
	}
	switch code(err) {
	case "57014", // query_canceled: statement_timeout
		"55P03",          // lock_not_available: lock_timeout
		"40001", "40P01", // serialization_failure, deadlock_detected
		"25006", // read_only_sql_transaction: connected to a standby
		"25P03": // idle_in_transaction_session_timeout
		return true
	}
	_, timeout := errors.AsType[net.Error](err)
	return timeout
}

// lostConnection reports whether there is no connection, or none any more.
func lostConnection(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if sqlState := code(err); sqlState != "" {
		return class(sqlState) == "08" || class(sqlState) == "53" || class(sqlState) == "57" && sqlState != "57014"
	}
	if network, ok := errors.AsType[net.Error](err); ok {
		return !network.Timeout()
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, pgconn.ErrConnClosed) || pgconn.SafeToRetry(err)
}

// comingUp reports whether a Postgres that is starting may say err.
func comingUp(err error) bool {
	if code(err) != "" { // refused by the server: class 28, 3D and so on stay refused
		return code(err) == "57P03" || class(code(err)) == "53"
	}
	return unavailable(err)
}

// class returns the class of a SQLSTATE: its first two characters.
func class(sqlState string) string { return sqlState[:min(2, len(sqlState))] }

// missing reports whether a query found no row.
func missing(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
