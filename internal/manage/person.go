package manage

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// PersonStore keeps people's own accounts, as [Store] says of all its methods.
type PersonStore interface {
	// Register makes an account or takes one, lets it into a tenant and opens a
	// session. It returns tenancy.ErrSlugTaken, tenancy.ErrJoinRefused,
	// tenancy.ErrSeatLimit, tenancy.ErrInvitationGone, and tenancy.ErrAddressTaken
	// to whoever has the token of an invitation.
	Register(ctx context.Context, registration tenancy.Registration) (tenancy.Registered, []tenancy.Change, error)
	// OwnAccount returns the caller's account, or tenancy.ErrUserInactive.
	OwnAccount(ctx context.Context, caller tenancy.Caller) (tenancy.Account, error)
	// RenameUser changes the caller's name. Besides tenancy.ErrUserInactive:
	// tenancy.ErrVersionMismatch.
	RenameUser(ctx context.Context, caller tenancy.Caller, name string, match tenancy.Match) (tenancy.User, []tenancy.Change, error)
	// ChangePassword replaces the caller's password hash, unless it is no longer the
	// old one (tenancy.ErrBadCredentials), and ends their other sessions.
	ChangePassword(ctx context.Context, caller tenancy.Caller, old, replacement string, note tenancy.MailID) ([]tenancy.Change, error)
	// ResetPassword sets the password hash of whoever a link (by hash) is for, and
	// ends all their sessions, or returns tenancy.ErrLinkGone.
	ResetPassword(ctx context.Context, link []byte, replacement string, ids tenancy.ResetIDs) ([]tenancy.Change, error)
	// VerifyEmail proves the caller's address by their link (by hash), or returns
	// tenancy.ErrLinkGone.
	VerifyEmail(ctx context.Context, caller tenancy.Caller, link []byte, member tenancy.MemberID) ([]tenancy.Change, error)
	// QueueMail has a mail sent. Whether there is anybody to send it to is found out
	// then.
	QueueMail(ctx context.Context, mail tenancy.Mail) error
}

// mailed has mails sent that were queued just now.
func (s *Service) mailed() {
	if s.Mailed != nil {
		s.Mailed()
	}
}

// Rename changes the caller's name. It returns a tenancy.InvalidError that points
// to "/name", tenancy.ErrVersionMismatch or tenancy.ErrUserInactive.
func (s *Service) Rename(ctx context.Context, caller tenancy.Caller, name string, match tenancy.Match) (tenancy.User, error) {
	if !presentable(name) {
		return tenancy.User{}, tenancy.Invalid("/name", fmt.Sprintf("want 1 to %d bytes of text without control characters or surrounding space", maxNameBytes))
	}
	user, changes, err := s.Store.RenameUser(ctx, caller, name, match)
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.User{}, fmt.Errorf("renaming the caller: %w", err)
	}
	return user, nil
}

// ChangePassword sets a new password for the caller, who knows the current one,
// and ends their other sessions. It returns a tenancy.InvalidError that points to
// "/current_password" or "/new_password".
func (s *Service) ChangePassword(ctx context.Context, caller tenancy.Caller, current, replacement string) error {
	if detail := passwordFault(replacement); detail != "" {
		return tenancy.Invalid("/new_password", detail)
	}
	account, err := s.Store.OwnAccount(ctx, caller)
	if err != nil {
		return fmt.Errorf("changing the password: %w", err)
	}
	wrong := tenancy.Invalid("/current_password", "this is not the current password")
	if _, err := s.open(ctx, &account, current); err != nil {
		if errors.Is(err, tenancy.ErrBadCredentials) {
			return wrong
		}
		return fmt.Errorf("changing the password: %w", err)
	}
	hash, err := s.Passwords.Hash(ctx, replacement)
	if err != nil {
		return fmt.Errorf("changing the password: %w", err)
	}
	changes, err := s.Store.ChangePassword(ctx, caller, account.PasswordHash, hash, s.NewID())
	s.settle(ctx, changes, err)
	if errors.Is(err, tenancy.ErrBadCredentials) {
		return wrong // it was changed meanwhile
	}
	if err != nil {
		return fmt.Errorf("changing the password: %w", err)
	}
	s.mailed()
	return nil
}

// AskForReset has a link mailed that sets a new password, where the address has an
// account with one. It looks for none: it does the same for every address.
func (s *Service) AskForReset(ctx context.Context, email tenancy.Email) error {
	return s.queue(ctx, tenancy.Mail{ID: s.NewID(), Kind: tenancy.MailReset, To: email})
}

// AskForProof has a link mailed that proves the caller's address, unless it is
// proven. It returns tenancy.ErrUserInactive.
func (s *Service) AskForProof(ctx context.Context, caller tenancy.Caller) error {
	user, err := s.Profile(ctx, caller)
	if err != nil || user.EmailVerified {
		return err
	}
	return s.queue(ctx, tenancy.Mail{ID: s.NewID(), Kind: tenancy.MailVerify, To: user.Email, User: user.ID})
}

func (s *Service) queue(ctx context.Context, mail tenancy.Mail) error {
	if err := s.Store.QueueMail(ctx, mail); err != nil {
		return fmt.Errorf("queueing a mail: %w", err)
	}
	s.mailed()
	return nil
}

// ResetPassword sets a new password by the token of a mailed link, and ends all
// sessions of the account. It returns a tenancy.InvalidError that points to
// "/password", or tenancy.ErrLinkGone.
func (s *Service) ResetPassword(ctx context.Context, token, password, requestID string) error {
	hash, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("resetting a password: %w", err)
	}
	changes, err := s.Store.ResetPassword(ctx, hashSecret(token), hash,
		tenancy.ResetIDs{Note: s.NewID(), Member: s.NewID(), RequestID: requestID})
	s.settle(ctx, changes, err)
	if err != nil {
		return fmt.Errorf("resetting a password: %w", err)
	}
	s.mailed()
	return nil
}

// VerifyEmail proves the caller's address by the token of a mailed link. The caller
// has to be whose link it is: somebody who registered with another's address would
// otherwise get it as soon as its owner, curious, opens the link. It returns
// tenancy.ErrLinkGone.
func (s *Service) VerifyEmail(ctx context.Context, caller tenancy.Caller, token string) error {
	changes, err := s.Store.VerifyEmail(ctx, caller, hashSecret(token), s.NewID())
	s.forget(ctx, changes)
	if err != nil {
		return fmt.Errorf("verifying an address: %w", err)
	}
	return nil
}
