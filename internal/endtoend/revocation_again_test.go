package endtoend_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// TestARemovalThatIsSentAgain: the first answer is lost while another gateway has
// not obeyed yet. Whatever the second one says, it says that nobody serves bob.
func TestARemovalThatIsSentAgain(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	s := f.subjects[0]
	body := fmt.Sprintf(`{"email":%q,"role":"viewer"}`, s.email)
	for round, by := range []int{0, 1} { // by the same gateway, by another one
		s.step.Add(1)
		if got := f.do(0, "POST", s.members, s.admin, "", body); got != 201 {
			t.Fatalf("adding: got %d", got)
		}
		f.everywhere(s)
		// One that does not hear does not believe itself, and is not waited for.
		tenancytest.Eventually(t, 10*time.Second, "the third gateway hears of changes", func() bool {
			return strings.Contains(send(t, f.gateways[2], ask{path: "/readyz"}).body, `"feed":"ok"`)
		})
		f.feeds[2].Hold()
		if got := f.give(200*time.Millisecond, 0, "DELETE", s.members+"/"+s.email, s.admin); got != 0 {
			t.Fatalf("round %d: the first removal was answered with %d while a gateway was deaf", round, got)
		}
		again := f.do(by, "DELETE", s.members+"/"+s.email, s.admin, "", "")
		if again != 204 && again != 404 {
			t.Errorf("round %d: the second removal: got %d, want 204 or 404", round, again)
		}
		s.step.Add(1)
		f.everywhere(s)
		f.feeds[2].Mend()
		f.everywhere(s)
	}
	if f.late.Load() < 10 {
		t.Errorf("%d requests began after the removal, want 12", f.late.Load())
	}
}
