package mail_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/mailbox"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// A post is a store, a mailbox, and the way between them.
type post struct {
	*postgres.Store
	t   *testing.T
	dsn string
	box *mailbox.Mailbox
}

func newPost(t *testing.T) post {
	t.Helper()
	dsn := tenancytest.Postgres(t)
	store, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	box, err := mailbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return post{Store: store, t: t, dsn: dsn, box: box}
}

// courier runs one until the test ends.
func (p post) courier(send func(context.Context, mail.Message) error, log io.Writer) *mail.Courier {
	c := mail.NewCourier(p.Store)
	c.Send, c.PublicURL, c.Random, c.Poll = send, "https://app.example.com", rand.Reader, 20*time.Millisecond
	c.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	p.t.Cleanup(func() { stop(); <-done })
	return c
}

func (p post) server() *mail.Server {
	p.t.Helper()
	server, err := mail.NewServer(p.box.SMTPURL, "Gate <gate@example.com>")
	if err != nil {
		p.t.Fatal(err)
	}
	return server
}

func (p post) user(email tenancy.Email) tenancy.UserID {
	p.t.Helper()
	user, err := p.CreateUser(p.t.Context(), tenancy.NewUser{ID: newID(), Email: email, Name: "Ada", PasswordHash: "$argon2id$x"})
	if err != nil {
		p.t.Fatal(err)
	}
	return user.ID
}

func (p post) ask(email tenancy.Email) {
	p.t.Helper()
	if err := p.QueueMail(p.t.Context(), tenancy.Mail{ID: newID(), Kind: tenancy.MailReset, To: email}); err != nil {
		p.t.Fatal(err)
	}
}

// await returns the first letter to an address.
func (p post) await(to string) mailbox.Letter {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	letter, err := p.box.Await(ctx, to, 0)
	if err != nil {
		p.t.Fatalf("no mail to %s came", to)
	}
	return letter
}

// tokenOf returns what stands behind the name in the fragment of the link.
func tokenOf(t *testing.T, letter mailbox.Letter, before string) string {
	t.Helper()
	_, rest, found := strings.Cut(letter.Text, before)
	if !found {
		t.Fatalf("no %q in %q", before, letter.Text)
	}
	token, _, _ := strings.Cut(rest, "\n")
	return token
}

// queued returns how many mails wait.
func (p post) queued() int {
	p.t.Helper()
	return tenancytest.Count(p.t, p.dsn, "mails")["mails"]
}

// wait polls until a condition holds.
func (p post) wait(holds func() bool) {
	p.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(20 * time.Second); !holds(); <-poll.C {
		if time.Now().After(deadline) {
			p.t.Fatal("waited 20 s in vain")
		}
	}
}

func newID() [16]byte { return uuid.Must(uuid.NewV7()) }

func hash(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

func TestResetIsMailedAndWorksOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.user("ada@example.com")
	p.courier(p.server().Send, io.Discard)
	p.ask("nobody@example.com")
	p.ask("ada@example.com")
	letter := p.await("ada@example.com")
	token := tokenOf(t, letter, "https://app.example.com/auth/reset#token=")
	ids := tenancy.ResetIDs{Note: newID(), Member: newID()}
	if _, err := p.ResetPassword(t.Context(), hash(token), "$argon2id$y", ids); err != nil {
		t.Errorf("using the link: %v", err)
	}
	ids.Note = newID()
	if _, err := p.ResetPassword(t.Context(), hash(token), "$argon2id$z", ids); !errors.Is(err, tenancy.ErrLinkGone) {
		t.Errorf("using it again: %v, want ErrLinkGone", err)
	}
	if letters := p.box.Letters("nobody@example.com"); len(letters) != 0 {
		t.Errorf("somebody without an account got %d mails", len(letters))
	}
}

// Many replicas, many mails: each is sent once.
func TestManyCouriersSendEachMailOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	const mails = 40
	for i := range mails {
		email := tenancy.Email("u" + string(rune('a'+i/10)) + string(rune('0'+i%10)) + "@example.com")
		p.user(email)
		p.ask(email)
	}
	for range 4 {
		p.courier(p.server().Send, io.Discard)
	}
	p.wait(func() bool { return p.queued() == 0 })
	if got := len(p.box.Letters("")); got != mails {
		t.Errorf("%d letters, want %d", got, mails)
	}
}

// While the server is away mails wait, and nothing says to whom they go.
func TestMailsWaitForTheServer(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.user("ada@example.com")
	wire := tenancytest.NewWire(t, strings.TrimPrefix(p.box.SMTPURL, "smtp://"))
	wire.Cut()
	server, err := mail.NewServer("smtp://"+wire.Addr(), "gate@example.com")
	if err != nil {
		t.Fatal(err)
	}
	var log lockedLog
	p.courier(server.Send, &log)
	p.ask("ada@example.com")
	p.wait(func() bool { return strings.Contains(log.String(), "a mail waits") })
	if got := p.queued(); got != 1 {
		t.Errorf("%d mails wait, want 1", got)
	}
	wire.Mend()
	tenancytest.Exec(t, p.dsn, `UPDATE mails SET due_at = now()`) // in place of waiting five seconds
	p.await("ada@example.com")
	if said := log.String(); strings.Contains(said, "ada@") || strings.Contains(said, "token") {
		t.Errorf("the log tells of the recipient: %s", said)
	}
}

// A replica that dies with a mail in hand leaves it to the others.
func TestAbandonedMailIsSentByAnother(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.user("ada@example.com")
	p.ask("ada@example.com")
	taken, err := p.NextMail(t.Context(), time.Minute)
	if err != nil || taken.To != "ada@example.com" {
		t.Fatalf("NextMail = %+v, %v", taken, err)
	}
	if _, err := p.NextMail(t.Context(), time.Minute); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("a mail in hand was given to another: %v", err)
	}
	tenancytest.Exec(t, p.dsn, `UPDATE mails SET due_at = now()`) // the lease is over
	p.courier(p.server().Send, io.Discard)
	p.await("ada@example.com")
}

func TestWithoutServerMailsAreDropped(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.user("ada@example.com")
	var log lockedLog
	p.courier(nil, &log)
	p.ask("ada@example.com")
	p.wait(func() bool {
		return strings.Contains(log.String(), "no mail server is configured") && p.queued() == 0
	})
}

func TestRefusedMailIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.user("ada@example.com")
	var tries atomic.Int32
	p.courier(func(context.Context, mail.Message) error {
		tries.Add(1)
		return new(mail.RefusedError)
	}, io.Discard)
	p.ask("ada@example.com")
	p.wait(func() bool { return p.queued() == 0 })
	if got := tries.Load(); got != 1 {
		t.Errorf("%d tries, want 1", got)
	}
}

func TestNewServerRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, from, want string }{
		{"http://mail.example.com", "a@example.com", "SMTP_URL"},
		{"smtp://", "a@example.com", "SMTP_URL"},
		{"smtp://user:hunter2hunter2@mail.example.com:99999", "a@example.com", "SMTP_URL"},
		{"smtp://mail.example.com/path", "a@example.com", "SMTP_URL"},
		{"smtp://mail.example.com", "nobody", "MAIL_FROM"},
		{"smtp://mail.example.com", "", "MAIL_FROM"},
	} {
		_, err := mail.NewServer(c.url, c.from)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("NewServer(%q, %q) = %v, want an error that names %s and no password", c.url, c.from, err, c.want)
		}
	}
}

// lockedLog is written by the courier and read by the test.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
