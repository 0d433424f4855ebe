package postgres

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	identitySQL = `SELECT user_id FROM user_identities WHERE issuer = $1 AND subject = $2`
	maxSubject  = 255 // OpenID Connect Core 1.0, section 2
	maxName     = 200
)

// UserOf implements [tenancy.Identities]. Users of any status are returned:
// whether they may act is for the look-up of their membership to say.
func (s *Store) UserOf(ctx context.Context, identity tenancy.Identity) (user tenancy.UserID, err error) {
	if !storable(identity.Issuer) || !storable(identity.Subject) || len(identity.Subject) > maxSubject {
		return tenancy.UserID{}, nil
	}
	err = s.read(ctx, "finding identity", func(ctx context.Context) error {
		err := s.pool.QueryRow(ctx, identitySQL, identity.Issuer, identity.Subject).Scan(&user)
		if missing(err) {
			return nil
		}
		return err
	})
	if err != nil || !user.IsZero() || !identity.Provision || !identity.EmailVerified {
		return user, err
	}
	// Only a verified address: whoever may type any address at an issuer would
	// otherwise become that address's user here.
	email, err := tenancy.ParseEmail(identity.Email)
	if err != nil {
		return tenancy.UserID{}, nil //nolint:nilerr // an address we do not take is nobody's
	}
	return s.provision(ctx, identity, email)
}

// storable reports whether Postgres takes s as text.
func storable(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// provision maps the identity to the user of its address, made now where there
// is none. Of requests that race, each insert is won by one, and all read what
// it wrote.
func (s *Store) provision(ctx context.Context, identity tenancy.Identity, email tenancy.Email) (user tenancy.UserID, err error) {
	err = s.transact(ctx, "provisioning user", platform, func(ctx context.Context, tx pgx.Tx) error {
		account, _, err := s.ensureUser(ctx, tx, tenancy.NewUser{ID: s.newID(), Email: email, Name: displayName(identity.Name)})
		if err != nil {
			return err
		}
		mapped, err := tx.Exec(ctx, `
			INSERT INTO user_identities (issuer, subject, user_id) VALUES ($1, $2, $3)
			ON CONFLICT (issuer, subject) DO NOTHING`, identity.Issuer, identity.Subject, account.ID)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, identitySQL, identity.Issuer, identity.Subject).Scan(&user); err != nil {
			return err
		}
		if mapped.RowsAffected() == 0 {
			return nil
		}
		return s.audit(ctx, tx, entry{action: "identity.mapped", target: "user:" + user.String(),
			detail: map[string]string{"issuer": identity.Issuer, "subject": identity.Subject}})
	})
	return user, err
}

// displayName makes a name that an issuer sent fit to store and to show.
func displayName(s string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(printable); len(runes) > maxName {
		printable = string(runes[:maxName])
	}
	return strings.TrimSpace(printable)
}
