package endtoend_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// An export of 200,000 entries, some 120 MB, is made as it is read: the first
// lines come while the reader waits, the gateway holds a few of them, and all come.
func TestExportIsStreamed(t *testing.T) {
	t.Parallel()
	const entries, mostMiB = 200_000, 48
	database := gatewaytest.Database(t)
	gatewaytest.Script(t, database, `
		SET session_replication_role = replica; SET synchronous_commit = off;
		INSERT INTO audit_log (id, tenant_id, at, actor_id, action, target, detail, seq, prev_hash, hash)
		SELECT gen_random_uuid(), '`+gatewaytest.Tenant(t, "acme").String()+`', now() + n * interval '1 ms', NULL, 'test.case', 'user:' || n,
			jsonb_build_object('text', repeat('x', 100)), n + 1000, sha256(''), sha256('') FROM generate_series(1, 200000) n`)
	gateway, _ := start(t, func(o *gatewaytest.Options) {
		o.DatabaseURL, o.Env = database, append(o.Env, "GOGC=100") // without the room that the collector has by itself
	})
	held := func() float64 {
		const mib = 1 << 20
		used := metric(t, gateway, "go_memstats_heap_inuse_bytes") / mib
		if used == 0 {
			t.Fatal("the gateway does not say how much memory it holds")
		}
		return used
	}
	before := held()

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gateway.URL+path(t, "acme", "/audit?format=ndjson&action=test.case"), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+gatewaytest.Token(t, "alice@acme.test"))
	response, err := http.DefaultClient.Do(request) // not the one that reads an answer to its end
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	read := func() (seq int) {
		t.Helper()
		line, err := lines.ReadBytes('\n')
		var e struct{ Seq int }
		if err != nil || json.Unmarshal(bytes.TrimSpace(line), &e) != nil {
			t.Fatalf("reading a line: %q, %v", line, err)
		}
		return e.Seq
	}
	if seq := read(); response.StatusCode != http.StatusOK || seq != 1001 {
		t.Fatalf("%d, the first line is entry %d, want 1001", response.StatusCode, seq)
	}
	// Nobody reads: what the gateway makes meanwhile it would have to keep.
	const looks = 20
	grown := 0.0
	for range looks {
		grown = max(grown, held()-before)
	}
	for i := 2; i <= entries; i++ {
		if seq := read(); seq != 1000+i {
			t.Fatalf("line %d is entry %d", i, seq)
		}
		if i%10_000 == 0 {
			grown = max(grown, held()-before)
		}
	}
	if _, err := lines.ReadByte(); err == nil {
		t.Error("more lines than entries")
	}
	t.Logf("the heap grew by %.1f MiB at most, from %.1f", grown, before)
	if grown > mostMiB {
		t.Errorf("the heap grew by %.0f MiB, want %d at most of some 120", grown, mostMiB)
	}
}
