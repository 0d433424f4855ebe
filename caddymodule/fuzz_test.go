package caddymodule_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/caddymodule"
)

// FuzzCaddyfile puts text into both blocks: nothing panics, and what adapts can be
// read back as strictly as Caddy reads it, and says the same.
func FuzzCaddyfile(f *testing.F) {
	f.Fuzz(func(t *testing.T, global, gate string) {
		for _, text := range []string{global, gate} {
			if strings.Contains(text, "import") || strings.Contains(text, "{$") {
				return // reads files, or the environment
			}
		}
		config, err := adapt(t, "{\ntenantgate {\n"+global+"\n}\n}\n:8080 {\ntenant_api\ntenant_gate {\n"+gate+"\n}\n}\n")
		if err != nil {
			return
		}
		var parsed caddy.Config
		if err := caddy.StrictUnmarshalJSON([]byte(config), &parsed); err != nil {
			t.Fatalf("Caddy cannot read what was adapted: %v\n%s", err, config)
		}
		readBack(t, parsed.AppsRaw["tenantgate"], new(caddymodule.App))
	})
}

func readBack(t *testing.T, written json.RawMessage, into any) {
	t.Helper()
	if written == nil {
		return // the text closed our block and went its own way
	}
	if err := caddy.StrictUnmarshalJSON(written, into); err != nil {
		t.Fatalf("cannot be read back: %v\n%s", err, written)
	}
	again, err := json.Marshal(into)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal(written, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(again, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back as something else (-want +got):\n%s", diff)
	}
}
