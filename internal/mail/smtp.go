package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// RefusedError is a server's final word on a message: trying again does not help.
type RefusedError struct{ reason error }

// Error says what the server said.
func (e *RefusedError) Error() string {
	if e.reason == nil {
		return "refused"
	}
	return e.reason.Error()
}

// Server is an SMTP server that takes our messages.
type Server struct {
	client *gomail.Client
	from   *mail.Address
}

const smtpTimeout = 20 * time.Second // one step of a conversation

// NewServer reads where to send and from whom. It connects to nothing.
//
//	smtp://[user:password@]host[:587]    STARTTLS (RFC 3207), required but on loopback
//	smtps://[user:password@]host[:465]   TLS from the start (RFC 8314)
//
// from is an address, with a name or without (RFC 5322, section 3.4). Errors quote
// neither: the URL holds a password.
func NewServer(serverURL, from string) (*Server, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, errors.New("mail from (MAIL_FROM): want an address, such as Tenantgate <no-reply@example.com>")
	}
	u, err := url.Parse(serverURL)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, errors.New("mail smtp (SMTP_URL): want smtp://[user:password@]host[:port] or smtps://…; special characters in a password percent-encoded")
	}
	options := []gomail.Option{gomail.WithTimeout(smtpTimeout), gomail.WithoutNoop()}
	switch {
	case u.Scheme == "smtps":
		options = append(options, gomail.WithSSL(), gomail.WithPort(465))
	case loopback(u.Hostname()):
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(587))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(587))
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil || port < 1 || port > 65535 {
			return nil, errors.New("mail smtp (SMTP_URL): want a port from 1 to 65535")
		}
		options = append(options, gomail.WithPort(port))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("mail smtp (SMTP_URL): %w", err)
	}
	return &Server{client: client, from: sender}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send hands one message to the server, on a connection of its own. It returns a
// *RefusedError where the server will never take it.
func (s *Server) Send(ctx context.Context, message Message) error {
	m := gomail.NewMsg()
	m.FromMailAddress(s.from)
	if err := m.To(string(message.To)); err != nil {
		return &RefusedError{errors.New("the address is not one for SMTP")}
	}
	m.Subject(message.Subject)
	m.SetDate()
	_, domain, _ := strings.Cut(s.from.Address, "@")
	m.SetMessageIDWithValue(message.ID.String() + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	m.SetBodyString(gomail.TypeTextPlain, message.Text)
	err := s.client.DialAndSendWithContext(ctx, m)
	if failed, ok := errors.AsType[*gomail.SendError](err); ok && !failed.IsTemp() && failed.ErrorCode() >= 500 {
		return &RefusedError{fmt.Errorf("the server answers %d %s", failed.ErrorCode(), failed.EnhancedStatusCode())}
	}
	if err != nil {
		return errors.New("the mail server cannot be reached, or does not take mails now: " + reason(err))
	}
	return nil
}

// reason says what went wrong without the recipient, whom go-mail's errors name.
func reason(err error) string {
	if failed, ok := errors.AsType[*gomail.SendError](err); ok {
		return fmt.Sprintf("it answers %d %s", failed.ErrorCode(), failed.EnhancedStatusCode())
	}
	if network, ok := errors.AsType[net.Error](err); ok {
		return network.Error()
	}
	return err.Error()
}
