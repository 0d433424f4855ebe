package endtoend_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// What is under way when the gateway is told to end is answered; nothing new is
// taken.
func TestShutdownFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}, 2), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-finish
		_, _ = io.WriteString(w, "the whole answer")
	}))
	defer upstream.Close()
	gateway := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: gatewaytest.Database(t), UpstreamURL: upstream.URL})
	answers := make(chan told, 2)
	for _, path := range []string{"/api/v1/calls", "/assets/app.js"} {
		go func() {
			answer, err := try(t, gateway, ask{as: "bob@acme.test", tenant: "acme", path: path})
			if err != nil {
				answer.body = err.Error()
			}
			answers <- answer
		}()
	}
	for range 2 {
		<-begun
	}
	if err := gateway.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	tenancytest.Eventually(t, 10*time.Second, "nobody listens any more", func() bool {
		conn, err := net.Dial("tcp", gateway.Addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	close(finish)
	for range 2 {
		if answer := <-answers; answer.status != http.StatusOK || answer.body != "the whole answer" {
			t.Errorf("got %d %q, want what the upstream says", answer.status, answer.body)
		}
	}
	if err := gateway.Stop(); err != nil {
		t.Errorf("it has ended with %v", err)
	}
}
