package caddymodule

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/tenantgate/tenantgate/internal/mail"
)

var couriers = caddy.NewUsagePool()

// courier is a mail.Courier at work. It outlives a reload that changes nothing
// about mails or the store.
type courier struct {
	*mail.Courier
	stop context.CancelFunc
	done chan struct{}
}

// Destruct waits until the courier has stopped: it works on the store.
func (c *courier) Destruct() error {
	c.stop()
	<-c.done
	return nil
}

func acquireCourier(s settings, b *backend) *courier {
	value, _, _ := couriers.LoadOrNew(s.mailPrint, func() (caddy.Destructor, error) {
		return startCourier(s, b), nil
	})
	return value.(*courier)
}

func startCourier(s settings, b *backend) *courier {
	ctx, stop := context.WithCancel(context.Background())
	c := &courier{Courier: mail.NewCourier(b.Store), stop: stop, done: make(chan struct{})}
	c.PublicURL, c.Log, c.Random = s.publicURL, lastingLog(), rand.Reader
	if s.smtp != nil {
		c.Send = s.smtp.Send
	}
	go func() {
		defer close(c.done)
		c.Run(ctx)
	}()
	return c
}

func releaseCourier(s settings) { _, _ = couriers.Delete(s.mailPrint) }

// resolveMail reads where mails go and what their links point to. Without a
// server the gateway works, and nobody gets a mail.
func (a *App) resolveMail(s *settings) (err error) {
	server, from := fill(a.Mail.SMTP), fill(a.Mail.From)
	if s.publicURL, err = publicURL(fill(a.PublicURL)); err != nil {
		return err
	}
	if server == "" {
		return nil
	}
	if s.publicURL == "" {
		return errors.New("public_url (PUBLIC_URL): required where mails are sent, for their links")
	}
	s.mailPrint = sha256.Sum256(fmt.Appendf(nil, "%q %q", server, from))
	s.smtp, err = mail.NewServer(server, from)
	return err
}

// publicURL checks an origin: scheme and host, no path.
func publicURL(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errors.New("public_url (PUBLIC_URL): want https://host or http://host, without a path")
	}
	return u.Scheme + "://" + u.Host, nil
}
