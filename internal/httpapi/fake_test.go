package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// fakeStore answers as a small product does that has one user, ada, who is
// admin of acme and no member of anything else. calls counts every use of it.
type fakeStore struct {
	manage.Store // what is not here is tested on a real one
	calls        atomic.Int64
	fail         error       // what every method returns, where set
	refusals     chan string // what was written of refused attempts; nil: forgotten
	// What was asked.
	page   tenancy.Page
	caller tenancy.Caller
	added  tenancy.NewMember
	ref    tenancy.MemberRef
	// What is answered.
	account func() (tenancy.Account, error)
	tenants []tenancy.TenantEntry
	deleted []tenancy.TenantEntry
	outcome tenancy.Added
	config  map[string][]byte
}

var (
	created = time.Date(2026, 3, 1, 13, 0, 0, 0, time.FixedZone("CET", 3600))
	ada     = tenancy.User{ID: tenancy.UserID{0: 1, 15: 1}, Email: "ada@acme.example", Name: "Ada", Status: tenancy.StatusActive, Role: tenancy.PlatformUser, CurrentTenant: acmeID}
	acmeID  = tenancy.TenantID{0: 2, 15: 1}
	acme    = tenancy.TenantEntry{
		Tenant: tenancy.Tenant{ID: acmeID, Name: "Acme", Slug: "acme", Status: tenancy.StatusActive, MaxUsers: 10, CreatedAt: created},
		Role:   tenancy.RoleAdmin, Current: true,
	}
)

func (f *fakeStore) use() error { f.calls.Add(1); return f.fail }

// enter is use for what is about one tenant.
func (f *fakeStore) enter(caller tenancy.Caller, id tenancy.TenantID) error {
	f.caller = caller
	if err := f.use(); err != nil {
		return err
	}
	if id != acmeID || caller.User != ada.ID {
		return tenancy.ErrNotMember
	}
	return nil
}

func (f *fakeStore) Account(_ context.Context, email tenancy.Email) (tenancy.Account, error) {
	if err := f.use(); err != nil {
		return tenancy.Account{}, err
	}
	if email != ada.Email || f.account == nil {
		return tenancy.Account{}, tenancy.ErrNotFound
	}
	return f.account()
}

func (f *fakeStore) User(_ context.Context, id tenancy.UserID) (tenancy.User, error) {
	if err := f.use(); err != nil {
		return tenancy.User{}, err
	}
	if id != ada.ID {
		return tenancy.User{}, tenancy.ErrUserInactive
	}
	return ada, nil
}

func (f *fakeStore) CreateUser(context.Context, tenancy.NewUser) (tenancy.User, error) {
	return tenancy.User{}, errors.New("not reachable over HTTP")
}

func (f *fakeStore) Candidates(ctx context.Context, email tenancy.Email) (owner, claim *tenancy.Account, err error) {
	account, err := f.Account(ctx, email)
	if errors.Is(err, tenancy.ErrNotFound) {
		return nil, nil, nil
	}
	return &account, nil, err
}

func (f *fakeStore) OpenSession(context.Context, tenancy.NewSession) error { return f.use() }

func (f *fakeStore) Tenant(_ context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, error) {
	if err := f.enter(caller, id); err != nil {
		return tenancy.TenantEntry{}, err
	}
	entry := acme
	for key, value := range f.config {
		if entry.Config == nil {
			entry.Config = acmeConfig()
		}
		entry.Config[key] = value
	}
	return entry, nil
}

func (f *fakeStore) Seats(_ context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.Seats, error) {
	return tenancy.Seats{Members: 4, Pending: 2, Max: 10}, f.enter(caller, id)
}

func (f *fakeStore) ListedTenants(_ context.Context, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	f.page = page
	return f.tenants, f.use()
}

func (f *fakeStore) TenantsOf(_ context.Context, _ tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	f.page = page
	return f.tenants, f.use()
}

func (f *fakeStore) DeletedTenantsOf(_ context.Context, _ tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	f.page = page
	return f.deleted, f.use()
}

func (f *fakeStore) AllTenants(context.Context, tenancy.Caller, tenancy.Page) ([]tenancy.TenantEntry, error) {
	return nil, tenancy.ErrRoleRequired
}

func (f *fakeStore) SwitchTenant(_ context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.Entered, []tenancy.Change, error) {
	return tenancy.Entered{TenantEntry: acme}, nil, f.enter(caller, id)
}

func (f *fakeStore) AddMember(_ context.Context, caller tenancy.Caller, id tenancy.TenantID, member tenancy.NewMember) (tenancy.Added, []tenancy.Change, error) {
	f.added = member
	return f.outcome, nil, f.enter(caller, id)
}

func (f *fakeStore) RemoveMember(_ context.Context, caller tenancy.Caller, id tenancy.TenantID, member tenancy.MemberRef) ([]tenancy.Change, error) {
	f.ref = member
	return nil, f.enter(caller, id)
}

func (f *fakeStore) Member(_ context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef) (tenancy.Member, error) {
	return tenancy.Member{ID: ref.ID, TenantID: id, Email: ref.Email, Role: tenancy.RoleMember, Status: tenancy.StatusActive}, f.enter(caller, id)
}

// sevens is no randomness at all.
type sevens struct{}

func (sevens) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 7
	}
	return len(p), nil
}

func (f *fakeStore) AuditRefusal(_ context.Context, caller tenancy.Caller, id tenancy.TenantID, detail map[string]string) error {
	if f.refusals != nil {
		f.refusals <- fmt.Sprintln(caller.User, id, detail["route"], detail["code"], detail["not_logged_before"])
	}
	return nil
}

type noCaches struct{}

func (noCaches) Invalidate(context.Context, ...tenancy.Change) {}

// newHandler returns the API over the store. "Bearer ada" is ada's token, and
// "Bearer eve" that of a user of no tenant; X-Tenant names acme by its slug and,
// with any other value, no tenant.
func newHandler(t *testing.T, store *fakeStore) *httpapi.Handler {
	t.Helper()
	service := manage.New(store)
	service.Random = sevens{}
	service.Caches = noCaches{}
	service.Log = slog.New(slog.DiscardHandler)
	service.Passwords.Derive = func(password, _ []byte, _, _ uint32, _ uint8, n uint32) []byte {
		return append(make([]byte, n-1), byte(len(password))) // a cheap hash that tells lengths apart
	}
	service.Issue = func(_ tenancy.UserID, tenant tenancy.TenantID, _ tenancy.SessionID, _ time.Time) (string, time.Time, error) {
		return "token-for-" + tenant.String(), service.Now().Add(15*time.Minute + time.Second/2), nil
	}
	none := func(context.Context) ([]byte, error) { return nil, nil }
	return httpapi.New(httpapi.Handler{
		Service:       service,
		Authenticate:  authenticate,
		SelectTenant:  selectTenant,
		Browser:       plainBrowser(),
		AssertionKeys: func(context.Context) ([]byte, error) { return []byte(`{"keys":[{"kid":"a"}]}`), nil },
		TokenKeys:     none,
		Log:           slog.New(slog.DiscardHandler),
	})
}

// plainBrowser is a browser without TLS; the origin "evil" is another's.
func plainBrowser() httpapi.Browser {
	elsewhere := func(r *http.Request) error {
		if r.Header.Get("Origin") == "evil" {
			return &httpapi.Problem{Code: httpapi.OriginRefused}
		}
		return nil
	}
	return httpapi.Browser{
		SameOrigin: func(r *http.Request) error {
			if r.Header.Get("Origin") == "" {
				return &httpapi.Problem{Code: httpapi.OriginRefused}
			}
			return elsewhere(r)
		},
		Elsewhere: elsewhere,
		Secure:    func(r *http.Request) bool { return r.TLS != nil },
		ByCookie:  func(r *http.Request) bool { return r.Header.Get("Authorization") == "" },
	}
}

func authenticate(r *http.Request) (tenancy.Subject, error) {
	switch r.Header.Get("Authorization") {
	case "":
		return tenancy.Subject{}, &httpapi.Problem{Code: httpapi.TokenMissing}
	case "Bearer ada":
		return tenancy.Subject{User: ada.ID, Tenant: acmeID, Session: tenancy.SessionID{15: 9}}, nil
	case "Bearer eve":
		return tenancy.Subject{User: tenancy.UserID{0: 1, 15: 66}}, nil
	case "Bearer nobody":
		return tenancy.Subject{}, nil
	case "Bearer old":
		return tenancy.Subject{}, fmt.Errorf("verifying: %w", token.ErrExpired)
	case "Bearer homeless":
		return tenancy.Subject{User: ada.ID}, nil
	}
	return tenancy.Subject{}, fmt.Errorf("verifying: %w", token.ErrInvalid)
}

func selectTenant(r *http.Request, subject tenancy.Subject) (tenancy.TenantID, error) {
	switch r.Header.Get("X-Tenant") {
	case "":
		if subject.Tenant.IsZero() {
			return tenancy.TenantID{}, &httpapi.Problem{Code: httpapi.TenantRequired}
		}
		return subject.Tenant, nil
	case "acme":
		return acmeID, nil
	}
	return tenancy.TenantID{}, nil
}

// request returns a request of ada's with a JSON body, or with none.
func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer ada")
	return r.WithContext(httpapi.WithRequestID(r.Context(), "req-1"))
}

func serve(h *httpapi.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// problem is what a refusal says, as a client reads it.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		In      string `json:"in"`
		Pointer string `json:"pointer"`
		Detail  string `json:"detail"`
	} `json:"errors"`
}

// fields returns the fields a problem points to, as "in pointer".
func (p problem) fields() []string {
	var fields []string
	for _, e := range p.Errors {
		fields = append(fields, e.In+" "+e.Pointer)
	}
	return fields
}

// readProblem reads a refusal, and checks what is true of every one.
func readProblem(t *testing.T, w *httptest.ResponseRecorder) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("status %d, body %q is no problem: %v", w.Code, w.Body, err)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q, want application/problem+json", got)
	}
	if p.Status != w.Code || p.Title != http.StatusText(w.Code) || p.Type != "about:blank" || p.Detail == "" {
		t.Errorf("problem = %+v, want status and title of %d and a detail", p, w.Code)
	}
	if got := w.Header().Get("X-Request-ID"); p.RequestID != "req-1" || got != "req-1" {
		t.Errorf("request id = %q in the body and %q in the header, want req-1", p.RequestID, got)
	}
	if (w.Code == http.StatusUnauthorized) != (w.Header().Get("WWW-Authenticate") != "") {
		t.Errorf("status %d with WWW-Authenticate %q", w.Code, w.Header().Get("WWW-Authenticate"))
	}
	return p
}
