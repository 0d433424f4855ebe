package caddymodule_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/caddymodule"
)

// wire records each commit of headers as the server would send it.
type wire struct {
	*httptest.ResponseRecorder
	commits  []int
	stamped  []string // X-Request-ID at each commit
	readFrom bool
	hijacked bool
}

func newWire() *wire { return &wire{ResponseRecorder: httptest.NewRecorder()} }

// WriteHeader records.
func (w *wire) WriteHeader(status int) {
	w.commits = append(w.commits, status)
	w.stamped = append(w.stamped, w.Header().Get("X-Request-ID"))
}

// ReadFrom records that it was found.
func (w *wire) ReadFrom(r io.Reader) (int64, error) {
	w.readFrom = true
	return io.Copy(w.ResponseRecorder, r)
}

// Hijack records that it was found.
func (w *wire) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	return nil, nil, nil
}

func TestAnswerIsStampedWhenItIsCommitted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		write   func(http.ResponseWriter) error
		commits []int
		stamped []string
	}{
		{"a status", func(w http.ResponseWriter) error { w.WriteHeader(404); return nil }, []int{404}, []string{"ours"}},
		{"a body alone", func(w http.ResponseWriter) error { _, err := w.Write(nil); return err }, []int{200}, []string{"ours"}},
		{"early hints first", func(w http.ResponseWriter) error { w.WriteHeader(103); w.WriteHeader(200); return nil }, []int{103, 200}, []string{"theirs", "ours"}},
		{"a continue", func(w http.ResponseWriter) error { w.WriteHeader(100); return nil }, []int{100}, []string{"theirs"}},
		{"a switch of protocols", func(w http.ResponseWriter) error { w.WriteHeader(101); return nil }, []int{101}, []string{"ours"}},
		{"a status of nothing", func(w http.ResponseWriter) error { w.WriteHeader(99); return nil }, []int{502}, []string{"ours"}},
		{"a copied body", func(w http.ResponseWriter) error {
			_, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader("x"))
			return err
		}, []int{200}, []string{"ours"}},
		{"a flush", func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() }, []int{200}, []string{"ours"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.Header().Set("X-Request-ID", "theirs")
			if err := test.write(caddymodule.NewAnswer(w, httptest.NewRequest("GET", "/", nil), "ours")); err != nil {
				t.Fatal(err)
			}
			if got, want := join(w.commits, w.stamped), join(test.commits, test.stamped); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func join(commits []int, stamped []string) string {
	var parts []string
	for i, status := range commits {
		parts = append(parts, http.StatusText(status)+" "+stamped[i])
	}
	return strings.Join(parts, ", ")
}

func TestAnswerStampsOnce(t *testing.T) {
	t.Parallel()
	w := newWire()
	a := caddymodule.NewAnswer(w, httptest.NewRequest("GET", "/", nil), "ours")
	a.WriteHeader(http.StatusOK)
	a.Header().Set("X-Request-ID", "changed")
	if _, err := a.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := http.NewResponseController(a).Flush(); err != nil {
		t.Fatal(err)
	}
	if len(w.commits) != 1 || a.Header().Get("X-Request-ID") != "changed" {
		t.Errorf("got commits %v and %q, want one commit, stamped once", w.commits, a.Header().Get("X-Request-ID"))
	}
}

func TestAnswerKeepsWhatTheServerCanDo(t *testing.T) {
	t.Parallel()
	w := newWire()
	a := caddymodule.NewAnswer(w, httptest.NewRequest("GET", "/", nil), "ours")
	if _, err := io.Copy(a, io.LimitReader(strings.NewReader("x"), 1)); err != nil || !w.readFrom {
		t.Errorf("io.Copy: ReadFrom of the server used: %v, error %v; want true, none", w.readFrom, err)
	}
	if _, _, err := http.NewResponseController(a).Hijack(); err != nil || !w.hijacked {
		t.Errorf("Hijack of the server used: %v, error %v; want true, none", w.hijacked, err)
	}
}

func TestInterimResponsesToHTTP10(t *testing.T) {
	t.Parallel()
	w, r := newWire(), httptest.NewRequest("GET", "/", nil)
	r.ProtoMinor = 0
	a := caddymodule.NewAnswer(w, r, "ours")
	a.WriteHeader(http.StatusEarlyHints)
	a.WriteHeader(http.StatusOK)
	if got := join(w.commits, w.stamped); got != "OK ours" {
		t.Errorf("got %s, want no interim response", got)
	}
}
