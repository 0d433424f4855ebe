package cache_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/cache"
)

func TestNewClientRefusesWithoutTellingTheSecret(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"",
		"hunter2",
		"hunter2:6379",
		"http://:hunter2@localhost:6379",
		"redis://:hun/ter2@localhost:6379",
		"redis://user:12/hunter2@localhost",
		"redis://user:12?hunter2@localhost",
		"redis://:hunter2 @localhost:port",
		"redis://:hunter2@localhost/one",
		"redis://:hunter2@localhost/0?no_such_option=1",
		"redis://:hunter2@localhost/0/1",
		"redis+sentinel://:hunter2@localhost:26379",
		"redis+sentinel://localhost:26379?master_name=main&password=hunter2&replica_only=true",
		"redis+cluster://:hunter2@localhost/0?no_such_option=1",
		"unix+cluster://hunter2",
	} {
		client, err := cache.NewClient(url)
		if err == nil {
			_ = client.Close()
			t.Errorf("NewClient(%q): got a client, want an error", url)
			continue
		}
		if text := err.Error(); !strings.Contains(text, "REDIS_URL") || strings.Contains(text, "hunter") ||
			strings.Contains(text, "ter2") {
			t.Errorf("NewClient(%q): got %q, want the setting named and no secret", url, text)
		}
	}
}

func TestNewClientAccepts(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://localhost",
		"redis://user:p%2Fss@localhost:6380/3",
		"rediss://:secret@redis.example.com:6379",
		"unix:///run/redis.sock?db=1",
		"redis+sentinel://s1:26379/0?master_name=main&addr=s2:26379&addr=s3:26379",
		"rediss+sentinel://s1:26379/0?master_name=main",
		"redis+cluster://:secret@n1:6379?addr=n2:6379",
		"rediss+cluster://n1:6379",
	} {
		client, err := cache.NewClient(url)
		if err != nil {
			t.Errorf("NewClient(%q): %v", url, err)
			continue
		}
		_ = client.Close()
	}
}
