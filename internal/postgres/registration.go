package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Register makes an account, or takes the one that is there, lets it into a
// tenant and opens a session, all or nothing. It returns tenancy.ErrSlugTaken,
// tenancy.ErrJoinRefused, tenancy.ErrSeatLimit or tenancy.ErrInvitationGone. Only
// to whoever has the token of an invitation, and so reads the mail of its address,
// does tenancy.ErrAddressTaken tell that the address has an account: other people's
// registrations with it become claims, like those with an address that is free.
func (s *Store) Register(ctx context.Context, r tenancy.Registration) (done tenancy.Registered, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "registering", platform, func(ctx context.Context, tx pgx.Tx) error {
		user, err := s.registrant(ctx, tx, r)
		if err != nil {
			return err
		}
		caller := tenancy.Caller{User: user.ID, RequestID: r.RequestID}
		done.User = user
		done.Tenant, changes, err = s.enterAs(ctx, tx, caller, user, r)
		if err != nil {
			return err
		}
		session, err := r.Open(user, done.Tenant)
		if err != nil {
			return err
		}
		if err := openSession(ctx, tx, session); err != nil {
			return err
		}
		if user.EmailVerified || r.Invitation != nil {
			return nil
		}
		return queueMail(ctx, tx, tenancy.Mail{ID: r.VerifyID, Kind: tenancy.MailVerify, To: user.Email, User: user.ID})
	})
	if err != nil {
		return tenancy.Registered{}, nil, err
	}
	return done, changes, nil
}

// registrant returns whose registration it is. The token of an invitation comes
// from a mail to its address, so a new account owns the address at once.
func (s *Store) registrant(ctx context.Context, tx pgx.Tx, r tenancy.Registration) (tenancy.User, error) {
	switch {
	case !r.User.IsZero():
		return activeUser(ctx, tx, r.User)
	case r.Invitation == nil:
		return s.claimAddress(ctx, tx, r.Account)
	}
	if _, err := invitationTo(ctx, tx, r.Account.Email, tenancy.Acceptance{TokenHash: r.Invitation}); err != nil {
		return tenancy.User{}, err
	}
	user, made, err := s.ensureUser(ctx, tx, r.Account)
	if err == nil && !made {
		err = tenancy.ErrAddressTaken
	}
	return user, err
}

// claimAddress makes an account that its address does not find.
func (s *Store) claimAddress(ctx context.Context, tx pgx.Tx, account tenancy.NewUser) (tenancy.User, error) {
	user, err := scanUser(tx.QueryRow(ctx, `
		INSERT INTO users (id, email, name, password_hash, email_verified_at) VALUES ($1, $2, $3, $4, NULL)
		RETURNING `+userColumns, account.ID, account.Email, account.Name, account.PasswordHash))
	if err != nil {
		return tenancy.User{}, err
	}
	return user, s.audit(ctx, tx, entry{action: "user.registered", target: "user:" + user.ID.String(),
		detail: map[string]string{"email": string(user.Email)}})
}

// enterAs lets a registrant into the tenant they ask for, and makes it their
// current one. It returns nil where they have to prove their address first.
func (s *Store) enterAs(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, user tenancy.User, r tenancy.Registration,
) (*tenancy.TenantEntry, []tenancy.Change, error) {
	var id tenancy.TenantID
	var changes []tenancy.Change
	var err error
	switch {
	case r.Create != nil:
		id = r.Create.ID
		if err = enter(ctx, tx, tenantRows(id)); err == nil {
			changes, err = s.createTenant(ctx, tx, caller, *r.Create)
		}
	case r.Invitation != nil:
		var member tenancy.Member
		member, changes, err = s.accept(ctx, tx, caller, user.Email, tenancy.Acceptance{TokenHash: r.Invitation, MemberID: r.MemberID})
		id = member.TenantID
		if err == nil && !user.EmailVerified {
			var proven []tenancy.Change
			proven, err = s.proveByInvitation(ctx, tx, caller, user.Email, id)
			changes = append(changes, proven...)
		}
	default:
		id, changes, err = s.joinBySlug(ctx, tx, caller, user, r)
	}
	if err != nil || id.IsZero() {
		return nil, changes, err
	}
	moved, err := s.setCurrentTenant(ctx, tx, caller, id)
	if err != nil {
		return nil, nil, err
	}
	role, err := admit(ctx, tx, caller, id, tenancy.RoleViewer)
	if err != nil {
		return nil, nil, err
	}
	entered, err := tenantEntry(ctx, tx, caller.User, id, role)
	return &entered, append(changes, moved...), err
}

// joinBySlug returns the tenant that was joined, or zero where the address has to
// be proven before that.
func (s *Store) joinBySlug(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, user tenancy.User, r tenancy.Registration,
) (tenancy.TenantID, []tenancy.Change, error) {
	var id tenancy.TenantID
	err := tx.QueryRow(ctx, slugSQL, r.Join).Scan(&id)
	if missing(err) {
		return id, nil, tenancy.ErrJoinRefused
	}
	if err != nil {
		return id, nil, err
	}
	settings, err := joinable(ctx, tx, id)
	switch {
	case err != nil:
		return id, nil, err
	case settings.MayJoin(user.Email, user.EmailVerified):
		changes, err := s.join(ctx, tx, caller, id, r.MemberID, settings.DefaultRole)
		return id, changes, err
	case !settings.MayJoin(user.Email, true):
		return id, nil, tenancy.ErrJoinRefused
	}
	_, err = tx.Exec(ctx, `UPDATE users SET joining_tenant_id = $2 WHERE id = $1`, user.ID, id)
	return tenancy.TenantID{}, nil, err
}

// joinable locks a tenant, enters its scope and returns what it says of who may
// join, or tenancy.ErrJoinRefused where it is not active.
func joinable(ctx context.Context, tx pgx.Tx, id tenancy.TenantID) (tenancy.Settings, error) {
	if err := enter(ctx, tx, tenantRows(id)); err != nil {
		return tenancy.Settings{}, err
	}
	if err := lockTenant(ctx, tx, id); err != nil {
		return tenancy.Settings{}, err
	}
	var active bool
	err := tx.QueryRow(ctx, `SELECT status = 'active' FROM tenants WHERE id = $1`, id).Scan(&active)
	if missing(err) || err == nil && !active {
		return tenancy.Settings{}, tenancy.ErrJoinRefused
	}
	if err != nil {
		return tenancy.Settings{}, err
	}
	config, err := configOf(ctx, tx, id)
	return tenancy.SettingsOf(config), err
}

// join makes the caller a member unless they are one. The tenant is locked.
func (s *Store) join(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID, member tenancy.MemberID, role tenancy.Role,
) ([]tenancy.Change, error) {
	if _, err := findOwn(ctx, tx, caller.User, id); !missing(err) {
		return nil, err
	}
	if err := takeSeat(ctx, tx, id); err != nil {
		return nil, err
	}
	_, err := s.insertMember(ctx, tx, caller, tenancy.Member{ID: member, TenantID: id, UserID: caller.User, Role: role})
	return []tenancy.Change{{Key: tenancy.Key{User: caller.User, Tenant: id}, Gives: true}}, err
}
