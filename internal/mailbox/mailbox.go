// Package mailbox is an SMTP server that keeps what it gets and shows it on a
// page, for `make run` and for tests. It delivers nothing.
package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/mail"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Letter is a mail that came in.
type Letter struct {
	To         string    `json:"to"`
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
	MessageID  string    `json:"message_id"`
	ReceivedAt time.Time `json:"received_at"`
}

const (
	maxLetters = 200 // the oldest go first
	maxBytes   = 1 << 20
)

// Mailbox takes mails on one address of loopback and shows them on another.
type Mailbox struct {
	// SMTPURL is where to send, "smtp://127.0.0.1:port".
	SMTPURL string
	// PageURL is where to read, "http://127.0.0.1:port". "/letters" is the same as
	// JSON, the newest first; "?to=" picks those to one address.
	PageURL string

	smtp *smtp.Server
	page *http.Server

	mu      sync.Mutex
	letters []Letter
	changed chan struct{} // closed at each letter
}

// Start opens a mailbox on free ports of loopback.
func Start(ctx context.Context) (*Mailbox, error) {
	var config net.ListenConfig
	in, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	out, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	m := &Mailbox{SMTPURL: "smtp://" + in.Addr().String(), PageURL: "http://" + out.Addr().String(), changed: make(chan struct{})}
	m.smtp = smtp.NewServer(m)
	m.smtp.Domain, m.smtp.MaxMessageBytes, m.smtp.MaxRecipients = "localhost", maxBytes, 10
	m.smtp.ReadTimeout, m.smtp.WriteTimeout = 10*time.Second, 10*time.Second
	m.page = &http.Server{Handler: m.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = m.smtp.Serve(in) }() // ends with Close
	go func() { _ = m.page.Serve(out) }()
	return m, nil
}

// Close ends both servers.
func (m *Mailbox) Close() error { return errors.Join(m.smtp.Close(), m.page.Close()) }

// Letters returns what has come for an address (empty: for any), the newest first.
func (m *Mailbox) Letters(to string) []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Letter
	for _, letter := range slices.Backward(m.letters) {
		if to == "" || letter.To == to {
			found = append(found, letter)
		}
	}
	return found
}

// Await returns the newest letter for an address that is none of the first known
// of Letters, as soon as there is one.
func (m *Mailbox) Await(ctx context.Context, to string, known int) (Letter, error) {
	for {
		m.mu.Lock()
		changed := m.changed
		m.mu.Unlock()
		if letters := m.Letters(to); len(letters) > known {
			return letters[0], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Letter{}, ctx.Err()
		}
	}
}

// NewSession implements smtp.Backend.
func (m *Mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{box: m}, nil }

// session is one SMTP connection.
type session struct {
	box *Mailbox
	to  []string
}

func (s *session) Reset()                               { s.to = nil }
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not a message"}
	}
	text, err := bodyOf(message)
	if err != nil {
		return err
	}
	for _, to := range s.to {
		s.box.keep(Letter{
			To: to, Subject: decodeHeader(message.Header.Get("Subject")), Text: text,
			MessageID: message.Header.Get("Message-Id"), ReceivedAt: time.Now().UTC(),
		})
	}
	return nil
}

func (m *Mailbox) keep(letter Letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters = append(m.letters, letter)
	if len(m.letters) > maxLetters {
		m.letters = slices.Delete(m.letters, 0, len(m.letters)-maxLetters)
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *Mailbox) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /letters", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(map[string][]Letter{"letters": m.Letters(r.URL.Query().Get("to"))})
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Header().Set("Cache-Control", "no-store")
		_ = page.Execute(w, m.Letters(""))
	})
	return sameHost(mux)
}

// sameHost answers for loopback alone, so that a page that has its name resolve
// to 127.0.0.1 cannot read the links.
func sameHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this page is on loopback alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Mails</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1c1917}
article{border:1px solid #d6d3d1;border-radius:8px;padding:1rem;margin:1rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere}
h2{font-size:1rem;margin:0}p{margin:0;color:#57534e}</style>
<h1>Mails</h1><p>What the gateway has sent. Nothing leaves this machine.</p>
{{range .}}<article><h2>{{.Subject}}</h2><p>to {{.To}}, <time>{{.ReceivedAt.Format "15:04:05"}}</time></p><pre>{{.Text}}</pre></article>
{{else}}<p>None yet.</p>{{end}}</html>
`))
