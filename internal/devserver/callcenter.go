package devserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// CallCenter is the demo service behind the gateway. It shows how a backend
// uses what the gateway tells it: the tenant comes from X-Tenant-ID and from
// nowhere else, and without it nothing under /api/ is answered.
type CallCenter struct {
	// Assertion says of X-Tenantgate-Assertion what it found, for
	// /api/v1/debug/headers; see [Verifier.Describe].
	Assertion func(r *http.Request) string
	Now       func() time.Time
	// Beat is the time between two events of the live stream.
	Beat time.Duration

	desks map[tenancy.TenantID]*desk
}

// NewCallCenter returns the service with the calls of the demo tenants.
func NewCallCenter(assertion func(r *http.Request) string) (*CallCenter, error) {
	desks, err := newDesks(time.Now())
	if err != nil {
		return nil, err
	}
	return &CallCenter{Assertion: assertion, Now: time.Now, Beat: time.Second, desks: desks}, nil
}

// Handler returns the service's routes.
func (c *CallCenter) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request, *desk){
		"GET /api/v1/calls":           listCalls,
		"POST /api/v1/calls":          c.queueCall,
		"GET /api/v1/calls/live":      c.live,
		"GET /api/v1/calls/{id}":      showCall,
		"GET /api/v1/agents":          listAgents,
		"GET /api/v1/queues":          listQueues,
		"GET /api/v1/billing/summary": billing,
		"/api/v1/debug/headers":       c.received,
		"/api/":                       notFound,
	} {
		mux.HandleFunc(pattern, c.forTenant(serve))
	}
	mux.HandleFunc("GET /assets/hello.txt", plain("A public file: anybody may read it.\n"))
	mux.HandleFunc("GET /{$}", plain("The demo call-center service. Its data is under /api/v1/.\n"))
	return mux
}

// forTenant finds the tenant that the gateway has named and hands its desk, and
// no other, to the handler.
func (c *CallCenter) forTenant(serve func(http.ResponseWriter, *http.Request, *desk)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// Two values mean that something between the gateway and here added one;
		// to pick either would be to guess.
		values := r.Header["X-Tenant-Id"]
		if len(values) != 1 {
			problem(w, http.StatusUnauthorized, "no trusted tenant header: this service must only be reached through the gateway")
			return
		}
		id, err := tenancy.ParseTenantID(values[0])
		d, known := c.desks[id]
		if err != nil || !known {
			problem(w, http.StatusUnauthorized, "no trusted tenant header: X-Tenant-ID names no tenant of this demo service")
			return
		}
		serve(w, r, d)
	}
}

func listCalls(w http.ResponseWriter, _ *http.Request, d *desk) {
	answer(w, http.StatusOK, map[string]any{"tenant_id": d.id, "tenant": d.slug, "calls": d.list()})
}

func showCall(w http.ResponseWriter, r *http.Request, d *desk) {
	call, found := d.find(r.PathValue("id"))
	if !found {
		notFound(w, r, d)
		return
	}
	answer(w, http.StatusOK, call)
}

func listAgents(w http.ResponseWriter, _ *http.Request, d *desk) {
	answer(w, http.StatusOK, map[string]any{"tenant_id": d.id, "tenant": d.slug, "agents": d.agentList()})
}

func listQueues(w http.ResponseWriter, _ *http.Request, d *desk) {
	answer(w, http.StatusOK, map[string]any{"tenant_id": d.id, "tenant": d.slug, "queues": d.queueList()})
}

func billing(w http.ResponseWriter, _ *http.Request, d *desk) {
	const centsPerCall = 35
	calls := len(d.list())
	answer(w, http.StatusOK, map[string]any{
		"tenant_id": d.id, "tenant": d.slug, "calls": calls, "amount_cents": calls * centsPerCall, "currency": "EUR",
	})
}

// queueCall takes {"queue", "caller", "topic"}; queue is one of the tenant's.
func (c *CallCenter) queueCall(w http.ResponseWriter, r *http.Request, d *desk) {
	var in struct{ Queue, Caller, Topic string }
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		problem(w, http.StatusBadRequest, `want {"queue": …, "caller": …, "topic": …} in at most 4096 bytes`)
		return
	}
	if !slices.Contains(d.queues, in.Queue) {
		problem(w, http.StatusUnprocessableEntity, fmt.Sprintf("queue: want one of %q", d.queues))
		return
	}
	answer(w, http.StatusCreated, d.add(Call{
		Queue: in.Queue, Caller: in.Caller, Topic: in.Topic, Status: "queued",
		StartedAt: c.Now().UTC(), QueuedBy: r.Header.Get("X-User-Email"),
	}))
}

// live streams one event a Beat (Server-Sent Events, HTML standard section 9.2)
// until the client or the gateway hangs up.
func (c *CallCenter) live(w http.ResponseWriter, r *http.Request, d *desk) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	beat := time.NewTicker(c.Beat)
	defer beat.Stop()
	for n := 0; ; n++ {
		calls := d.list()
		event, err := json.Marshal(calls[n%len(calls)])
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "id: %d\nevent: call\ndata: %s\n\n", n, event); err != nil {
			return
		}
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-beat.C:
		case <-r.Context().Done():
			return
		}
	}
}

// Received is a request as it arrived at the demo service: the answer of
// /api/v1/debug/headers. Names are spelled as net/http spells them.
type Received struct {
	Method    string              `json:"method"`
	Target    string              `json:"target"` // the request target as sent (RFC 9112, section 3.2)
	Protocol  string              `json:"protocol"`
	Host      string              `json:"host"`
	Headers   map[string][]string `json:"headers"`  // one value a line of the header
	Trailers  map[string][]string `json:"trailers"` // null: announced, never sent
	BodyBytes int64               `json:"body_bytes"`
	Assertion string              `json:"assertion"`
}

func (c *CallCenter) received(w http.ResponseWriter, r *http.Request, _ *desk) {
	// Trailers stand after the body, so it is read first.
	length, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 1<<20))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		problem(w, http.StatusRequestEntityTooLarge, "at most 1 MiB")
		return
	}
	if err != nil {
		problem(w, http.StatusBadRequest, "the body broke off")
		return
	}
	answer(w, http.StatusOK, Received{
		Method: r.Method, Target: r.RequestURI, Protocol: r.Proto, Host: r.Host,
		Headers: r.Header, Trailers: r.Trailer, BodyBytes: length, Assertion: c.Assertion(r),
	})
}

func notFound(w http.ResponseWriter, _ *http.Request, _ *desk) {
	problem(w, http.StatusNotFound, "this tenant has no such thing")
}

func plain(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, text)
	}
}

// answer writes JSON with indentation: people read it in a terminal.
func answer(w http.ResponseWriter, status int, body any) {
	respond(w, "application/json", status, body)
}

// problem writes problem details (RFC 9457).
func problem(w http.ResponseWriter, status int, detail string) {
	respond(w, "application/problem+json", status,
		map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
}

func respond(w http.ResponseWriter, mediaType string, status int, body any) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(body) // where it fails the client is gone, and nobody is left to tell
}
