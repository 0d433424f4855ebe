package attack_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// telling are requests by the reason that they are refused for, or that
// something is stripped off them for. Each has a word of the client's in it.
var telling = map[sanitize.Reason]string{
	sanitize.ReasonMethod:         "WORDOFTHECLIENT /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
	sanitize.ReasonTarget:         "GET wordoftheclient:x HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
	sanitize.ReasonPathByte:       "GET /wordoftheclient;x HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
	sanitize.ReasonPathEncoding:   "GET /wordoftheclient%2fx HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
	sanitize.ReasonPathSegment:    "GET /wordoftheclient/../x HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
	sanitize.ReasonQuery:          "GET /x?wordoftheclient#y HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
	sanitize.ReasonHost:           "GET /x HTTP/1.1\r\nHost: wordoftheclient,x\r\n\r\n",
	sanitize.ReasonCredentials:    "GET /x HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer wordoftheclient\r\nAuthorization: Bearer x\r\n\r\n",
	sanitize.ReasonTenantSelector: "GET /x HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant: wordoftheclient\r\nX-Tenant: x\r\n\r\n",
	sanitize.ReasonName:           "GET /assets/x HTTP/1.1\r\nHost: gateway.test\r\nX_Tenant_ID: wordoftheclient\r\nX-User-wordoftheclient: x\r\n\r\n",
	sanitize.ReasonTrailer:        "POST /assets/x HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-wordoftheclient\r\n\r\n0\r\nX-wordoftheclient: x\r\n\r\n",
	sanitize.ReasonHopByHop:       "GET /assets/x HTTP/1.1\r\nHost: gateway.test\r\nKeep-Alive: wordoftheclient\r\n\r\n",
	sanitize.ReasonConnection:     "GET /assets/x HTTP/1.1\r\nHost: gateway.test\r\nConnection: wordoftheclient\r\n\r\n",
	sanitize.ReasonUpgrade:        "GET /assets/x HTTP/1.1\r\nHost: gateway.test\r\nConnection: Upgrade\r\nUpgrade: wordoftheclient\r\n\r\n",
}

// Every refusal and every strip is counted under its reason, and has a line in
// the log that says nothing of what the client did.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	s := startStages(t)[0]
	for _, reason := range sanitize.Reasons() {
		t.Run(string(reason), func(t *testing.T) {
			defer results.count(t, "counted")
			request, told := telling[reason]
			if !told {
				t.Fatalf("no request is refused or stripped for %s: add one", reason)
			}
			label := `{reason="` + string(reason) + `"}`
			count := func() float64 {
				return s.counter(t, "tenantgate_sanitizer_refusals_total"+label) + s.counter(t, "tenantgate_sanitizer_stripped_total"+label)
			}
			before := count()
			s.exchange(t, request)
			if after := count(); after <= before {
				t.Errorf("the counters of %s stay at %v", reason, after)
			}
			line := ourLine(t, s.gateway.Log(), string(reason))
			if strings.Contains(strings.ToLower(line), "wordoftheclient") {
				t.Errorf("the log repeats what the client said: %s", line)
			}
		})
	}
	for line := range strings.Lines(s.metrics(t)) {
		if strings.Contains(strings.ToLower(line), "wordoftheclient") {
			t.Errorf("a metric repeats what the client said: %s", line)
		}
	}
}

// counter is metric, and zero where nothing has been counted.
func (s *stage) counter(t testing.TB, name string) float64 {
	t.Helper()
	if !strings.Contains(s.metrics(t), name+" ") {
		return 0
	}
	return s.metric(t, name)
}

// ourLine returns the line of the log that gives that reason.
func ourLine(t testing.TB, log, reason string) string {
	t.Helper()
	for line := range strings.Lines(log) {
		var record struct {
			Reason    string
			RequestID string `json:"request_id"`
		}
		if json.Unmarshal([]byte(line), &record) == nil && record.Reason == reason && record.RequestID != "" {
			return line
		}
	}
	t.Errorf("the log has no line for %s", reason)
	return ""
}
