// Package mail sends what the store has queued: it takes one mail after the other,
// makes the link it needs at that moment, and hands it to an SMTP server (RFC 5321).
// Any replica may send any mail. One is sent again only where it is not known
// whether the server took it; its older link is worthless then.
package mail

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Outbox keeps mails until they are sent. All methods may return
// tenancy.ErrUnavailable (wrapped).
type Outbox interface {
	// NextMail returns a mail that is due and keeps it from others for the time of
	// the lease, or returns tenancy.ErrNotFound.
	NextMail(ctx context.Context, lease time.Duration) (tenancy.Mail, error)
	// PrepareMail says what the mail has to say, and makes the link whose token has
	// this SHA-256, where it needs one.
	PrepareMail(ctx context.Context, mail tenancy.Mail, token []byte) (tenancy.Letter, error)
	// MailDone forgets a mail.
	MailDone(ctx context.Context, id tenancy.MailID) error
	// DelayMail has a mail wait.
	DelayMail(ctx context.Context, id tenancy.MailID, by time.Duration) error
	// Sweep removes what no link or session needs any more.
	Sweep(ctx context.Context) error
}

// The pace of a courier.
const (
	lease     = 2 * time.Minute  // longer than one sending takes
	sending   = time.Minute      // one mail, from connecting to the server's word
	firstWait = 5 * time.Second  // after a failure; doubles each time
	longest   = 15 * time.Minute // between two tries
	tokenLen  = 32               // bytes
)

// Courier sends mails, one at a time. Its fields are set before Run.
type Courier struct {
	Outbox Outbox
	// Send hands a message to the server. An error that is a *RefusedError is final.
	// nil: no server is configured, and mails are dropped with a line in the log.
	Send func(ctx context.Context, message Message) error
	// PublicURL is where people reach the console, without a slash at its end.
	PublicURL string
	Log       *slog.Logger
	Random    io.Reader // cryptographic
	// Poll is how often to look for mails that other replicas have queued or left,
	// and Tidy how often to sweep.
	Poll, Tidy time.Duration

	woken chan struct{}
}

// NewCourier returns a Courier that still needs Send, PublicURL, Log and Random.
func NewCourier(outbox Outbox) *Courier {
	return &Courier{Outbox: outbox, Poll: 2 * time.Second, Tidy: time.Hour, woken: make(chan struct{}, 1)}
}

// Wake has the courier look for mails now. It never blocks.
func (c *Courier) Wake() {
	select {
	case c.woken <- struct{}{}:
	default: // it is going to look anyway
	}
}

// Run sends mails until ctx ends, which governs its whole life.
func (c *Courier) Run(ctx context.Context) {
	poll, tidy := time.NewTicker(c.Poll), time.NewTicker(c.Tidy)
	defer poll.Stop()
	defer tidy.Stop()
	for {
		for c.sendNext(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-c.woken:
		case <-poll.C:
		case <-tidy.C:
			if err := c.Outbox.Sweep(ctx); err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "sweeping used links and sessions", "error", err)
			}
		}
	}
}

// sendNext reports whether there may be more to send.
func (c *Courier) sendNext(ctx context.Context) bool {
	mail, err := c.Outbox.NextMail(ctx, lease)
	if err != nil {
		if !errors.Is(err, tenancy.ErrNotFound) && !errors.Is(err, tenancy.ErrUnavailable) && ctx.Err() == nil {
			c.Log.ErrorContext(ctx, "looking for mails to send", "error", err)
		}
		return false
	}
	err = c.deliver(ctx, mail)
	if ctx.Err() != nil {
		return false // its lease runs out, and another sends it
	}
	if _, refused := errors.AsType[*RefusedError](err); err == nil || refused {
		if refused {
			c.Log.WarnContext(ctx, "the mail server refuses a mail", "kind", mail.Kind, "mail_id", mail.ID.String(), "error", err)
		}
		if err = c.Outbox.MailDone(ctx, mail.ID); err == nil {
			return true
		}
	}
	c.Log.WarnContext(ctx, "a mail waits", "kind", mail.Kind, "mail_id", mail.ID.String(), "attempt", mail.Attempts, "error", err)
	if err := c.Outbox.DelayMail(ctx, mail.ID, backOff(mail.Attempts)); err != nil {
		return false
	}
	return true
}

// backOff returns how long to wait after so many attempts.
func backOff(attempts int) time.Duration {
	return min(longest, firstWait<<min(attempts-1, 20))
}

// deliver sends one mail, or finds that there is nobody to send it to.
func (c *Courier) deliver(ctx context.Context, mail tenancy.Mail) error {
	ctx, cancel := context.WithTimeout(ctx, sending)
	defer cancel()
	random := make([]byte, tokenLen)
	if _, err := io.ReadFull(c.Random, random); err != nil {
		return fmt.Errorf("making a link: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(random)
	hash := sha256.Sum256([]byte(token))
	letter, err := c.Outbox.PrepareMail(ctx, mail, hash[:])
	if err != nil || letter.Kind == tenancy.MailNone {
		return err
	}
	if c.Send == nil {
		c.Log.WarnContext(ctx, "no mail server is configured: a mail was not sent", "kind", letter.Kind, "mail_id", mail.ID.String())
		return nil
	}
	return c.Send(ctx, c.compose(letter, token, mail.ID))
}
