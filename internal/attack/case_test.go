package attack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// attack is one case. Whatever else it says, these hold: what it sends under a
// protected name has "evil" in its value, and no such value arrives; a request
// it smuggles has "smuggled" in its target, and none arrives; each of our names
// arrives once at most; the answers are stamped by us; and the next honest
// client gets its own answer.
type attack struct {
	class  string
	name   string
	source string // the CVE, or the section of an RFC
	// bytes is sent on one HTTP/1.1 connection, with fill's words replaced. Other
	// clients set send instead, which returns the answers they got.
	bytes string
	send  func(t testing.TB, s *stage) []answer
	// status is that of the first answer; zero is any. There is one answer, or as
	// many as answers says; anyNumber where the client's own pipeline decides.
	status  int
	answers int
	// code is that of the problem document which the first answer is, with its
	// request id; empty: it may be something else.
	code string
	// arrives says what is wrong with what arrived; nil: nothing may arrive.
	arrives func(t testing.TB, seen []arrival) string
	// mark is what its requests say in [markName]. What another case's say arrives
	// late, for its client did not wait: a stream was reset.
	mark string
}

// markName is the field that tells one case's requests from another's.
const markName = "x-case"

func (a attack) anothers(seen arrival) bool {
	marks := seen.values(markName)
	return len(marks) > 0 && a.mark != "" && marks[0] != a.mark
}

// anyNumber is for attacks that leave bytes behind which the gateway may read as
// another request of the same client, answered and refused like any other.
const anyNumber = -1

// play plays every attack on every stage, one after the other on each.
func play(t *testing.T, stages []*stage, attacks []attack) {
	t.Helper()
	for _, s := range stages {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, a := range attacks {
				t.Run(a.class+"/"+a.name, func(t *testing.T) {
					defer results.count(t, a.class)
					a.play(t, s)
					if t.Failed() {
						t.Logf("source: %s\nsent: %q", a.source, a.bytes)
					}
				})
			}
		})
	}
}

func (a attack) play(t testing.TB, s *stage) {
	t.Helper()
	if a.class == "" || a.name == "" || a.source == "" {
		t.Fatal("the case lacks its class, name or source")
	}
	s.upstream.take()
	send := a.send
	if send == nil {
		send = func(t testing.TB, s *stage) []answer { return s.exchange(t, s.fill(a.bytes)) }
	}
	a.judgeAnswers(t, send(t, s))
	s.beHonest(t)
	seen := s.upstream.take()
	for _, arrived := range seen {
		if fault := forbidden(arrived); fault != "" {
			t.Errorf("%s; the upstream got\n%s", fault, arrived.raw)
		}
	}
	seen = slices.DeleteFunc(seen, func(got arrival) bool {
		return got.target == fencePath || got.target == honestPath || a.anothers(got)
	})
	arrives := a.arrives
	if arrives == nil {
		arrives = nothing
	}
	if fault := arrives(t, seen); fault != "" {
		t.Errorf("%s; the upstream got %s", fault, describe(seen))
	}
}

func (a attack) judgeAnswers(t testing.TB, answers []answer) {
	t.Helper()
	if got, want := len(answers), max(a.answers, 1); got != want && a.answers != anyNumber {
		t.Errorf("got %d answers, want %d: %+v", got, want, answers)
	}
	if len(answers) > 0 && a.status != 0 && answers[0].status != a.status {
		t.Errorf("got status %d, want %d: %s", answers[0].status, a.status, answers[0].body)
	}
	if len(answers) > 0 && a.code != "" {
		if fault := problemFault(answers[0], a.code); fault != "" {
			t.Errorf("%s: %v %s", fault, answers[0].header, answers[0].body)
		}
	}
	for _, one := range answers {
		for name, values := range one.header {
			if slices.Contains(values, claimed) {
				t.Errorf("the upstream's own %s is in the answer", name)
			}
		}
		if strings.Contains(one.body, "evil") && one.status >= http.StatusBadRequest {
			t.Errorf("the refusal repeats what the client sent: %s", one.body)
		}
	}
}

// problemFault says what an answer lacks of a problem document (RFC 9457) with
// that code.
func problemFault(a answer, code string) string {
	var problem struct {
		Code      string
		Status    int
		RequestID string `json:"request_id"`
	}
	err := json.Unmarshal([]byte(a.body), &problem)
	switch {
	case err != nil || a.header.Get("Content-Type") != "application/problem+json":
		return "the answer is no problem document"
	case problem.Code != code || problem.Status != a.status:
		return fmt.Sprintf("got code %q with status %d, want %q with %d", problem.Code, problem.Status, code, a.status)
	case len(problem.RequestID) != 32 || a.header.Get("X-Request-Id") != problem.RequestID:
		return "the request id is missing, or not the one in the header"
	}
	return ""
}

// ours are the names that arrive as we set them; caddys those that Caddy's
// reverse_proxy sets.
var (
	ours   = []string{"x-tenant-id", "x-tenant-slug", "x-tenant-role", "x-user-id", "x-user-email", "x-tenantgate-assertion", "x-request-id"}
	caddys = []string{"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
)

// protectedNames are names that only the gateway may set, or that no proxy may
// pass on from a client; "*" is any continuation.
var protectedNames = []string{
	"x-tenant*", "x-user-*", "x-request-id", "x-forwarded-*", "x-real-ip", "forwarded", "x-original-url",
	"x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override", "x-original-host", "x-remote-user",
	"x-auth-request-*", "remote-user", "x-consumer-*", "x-middleware-*", "x-client-ip", "true-client-ip", "cf-connecting-ip",
	"proxy", "x-ssl-*", "ssl-client-*", "client-cert", "x-scope-orgid", "x-webauth-*", "x-envoy-*", "x-goog-iap-*",
	"grpc-metadata-x-*", "x-sendfile-type", "x-accel-*", "x-arr-*", "x-jwt-*", "l5d-*", "impersonate-*",
}

// isProtected reports whether the fold of a name is that of a protected one.
func isProtected(folded string) bool {
	return slices.ContainsFunc(protectedNames, func(pattern string) bool {
		prefix, more := strings.CutSuffix(pattern, "*")
		return folded == pattern || more && strings.HasPrefix(folded, prefix)
	})
}

// forbidden says what of an arrival no attack may bring about.
func forbidden(a arrival) string {
	if strings.Contains(a.target, "smuggled") || a.tunnel && strings.Contains(a.raw, "smuggled") {
		return "a smuggled request arrived"
	}
	count := make(map[string]int)
	for _, f := range a.fields {
		folded := fold(f.name)
		if !isProtected(strings.Trim(folded, "-")) {
			continue
		}
		count[folded]++
		spelled := strings.EqualFold(f.name, folded) && (slices.Contains(ours, folded) || slices.Contains(caddys, folded))
		switch {
		case strings.Contains(f.value, "evil"):
			return "the client's own " + f.name + " arrived"
		case !spelled:
			return f.name + " arrived, which is not ours"
		case count[folded] > 1:
			return f.name + " arrived twice"
		}
	}
	return ""
}

// nothing says that no request arrives.
func nothing(_ testing.TB, seen []arrival) string {
	if len(seen) > 0 {
		return "nothing may arrive"
	}
	return ""
}

// condition says what is wrong with one request that arrived.
type condition func(t testing.TB, a arrival) string

// once says that exactly one request arrives, and meets all conditions.
func once(conditions ...condition) func(testing.TB, []arrival) string {
	return func(t testing.TB, seen []arrival) string {
		t.Helper()
		if len(seen) != 1 {
			return "one request must arrive"
		}
		for _, condition := range conditions {
			if fault := condition(t, seen[0]); fault != "" {
				return fault
			}
		}
		return ""
	}
}

// atMostOnce says that one request may arrive, and must then meet all conditions.
func atMostOnce(conditions ...condition) func(testing.TB, []arrival) string {
	return func(t testing.TB, seen []arrival) string {
		t.Helper()
		if len(seen) == 0 {
			return ""
		}
		return once(conditions...)(t, seen)
	}
}

// inOrder says that one request arrives for each condition, in that order.
func inOrder(conditions ...condition) func(testing.TB, []arrival) string {
	return func(t testing.TB, seen []arrival) string {
		t.Helper()
		if len(seen) != len(conditions) {
			return fmt.Sprintf("%d requests must arrive", len(conditions))
		}
		for i, condition := range conditions {
			if fault := condition(t, seen[i]); fault != "" {
				return fmt.Sprintf("request %d: %s", i+1, fault)
			}
		}
		return ""
	}
}

// from says that the request arrives as that person's, in that tenant, and that
// a backend which folds names reads the same.
func from(email tenancy.Email, slug string, role tenancy.Role) condition {
	return func(t testing.TB, a arrival) string {
		t.Helper()
		joined, last := a.environ()
		want := map[string]string{
			"X-Tenant-ID": gatewaytest.Tenant(t, slug).String(), "X-Tenant-Slug": slug, "X-Tenant-Role": role.String(),
			"X-User-ID": gatewaytest.Person(t, email).String(), "X-User-Email": string(email),
		}
		for name, value := range want {
			variable := "HTTP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
			if a.value(name) != value || joined[variable] != value || last[variable] != value {
				return fmt.Sprintf("%s must be %q, is %q; %s is %q", name, value, a.value(name), variable, joined[variable])
			}
		}
		if a.value("X-Tenantgate-Assertion") == "" {
			return "the assertion is missing"
		}
		return ""
	}
}

// fromBob is what most attacks are sent as.
var fromBob = from(bob, "acme", tenancy.RoleMember)

// anonymous says that the request arrives without any identity.
func anonymous(_ testing.TB, a arrival) string {
	for _, name := range ours {
		if name != "x-request-id" && len(a.values(name)) > 0 {
			return name + " must be absent"
		}
	}
	return ""
}

// target says with what target the request arrives.
func target(want string) condition {
	return func(_ testing.TB, a arrival) string {
		if a.target != want {
			return fmt.Sprintf("the target must be %q, is %q", want, a.target)
		}
		return ""
	}
}

// header says what a header line of the request is; empty: absent.
func header(name, want string) condition {
	return func(_ testing.TB, a arrival) string {
		if got := a.value(name); got != want {
			return fmt.Sprintf("%s must be %q, is %q", name, want, got)
		}
		return ""
	}
}

func describe(seen []arrival) string {
	if len(seen) == 0 {
		return "nothing"
	}
	var all strings.Builder
	for i, a := range seen {
		fmt.Fprintf(&all, "\n%d: %q", i+1, a.raw)
	}
	return all.String()
}
