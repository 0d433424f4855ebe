package cache

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// servers watches for data that went back in time. A server that restarts from
// a snapshot, or a replica that is promoted, may hold values whose deletion its
// predecessor had confirmed. Either can only be reached by a new connection, so
// that is where to look, before the connection serves anything.
type servers struct {
	now func() time.Time

	mu     sync.Mutex
	seen   map[string]bool
	turned time.Time // the last moment at which data may have gone back
}

// lastTurn returns the last moment at which data may have gone back in time; it
// is zero where that cannot have happened.
func (s *servers) lastTurn() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turned
}

// connected is redis.Options.OnConnect. An error closes the connection: a
// server that will not say who it is is not trusted.
func (s *servers) connected(ctx context.Context, conn *redis.Conn) error {
	info, err := conn.Info(ctx, "server", "replication", "persistence").Result()
	if err != nil {
		return fmt.Errorf("asking Redis who it is (INFO): %w", err)
	}
	facts := parseInfo(info)
	if facts["redis_mode"] == "sentinel" {
		return nil // it knows where the data is and holds none
	}
	if facts["run_id"] == "" {
		return errors.New("asking Redis who it is: INFO has no run_id")
	}
	// A restart changes the run id, a promotion the replication id.
	identity := facts["run_id"] + facts["master_replid"]
	if s.known(identity) {
		return nil
	}
	size, err := conn.DBSize(ctx).Result() // refused while data is being loaded
	if err != nil {
		return fmt.Errorf("asking Redis how much it holds (DBSIZE): %w", err)
	}
	s.note(identity, age(facts), size == 0)
	return nil
}

// age returns how long ago the server last took data over, from a file or from
// a master. It is zero where INFO does not say.
func age(facts map[string]string) time.Duration {
	// None from either: as good as always there. second_repl_offset is set by a
	// promotion; a file counts the keys it brought; an append-only file does not.
	if facts["second_repl_offset"] == "-1" && facts["rdb_last_load_keys_loaded"] == "0" && facts["aof_enabled"] == "0" {
		return math.MaxInt64
	}
	if facts["second_repl_offset"] != "-1" {
		return 0
	}
	seconds, _ := strconv.Atoi(facts["uptime_in_seconds"])
	return time.Duration(seconds) * time.Second
}

func (s *servers) known(identity string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[identity]
}

// note records a server met for the first time. An empty one holds nothing
// wrong. The first one ever has what it has since age; any other one stands in
// for a server that we knew, which may have been told what this one was not.
func (s *servers) note(identity string, age time.Duration, empty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[identity] {
		return // by a connection made at the same time
	}
	turned := s.now()
	if len(s.seen) == 0 {
		s.seen = make(map[string]bool)
		turned = turned.Add(-age)
	}
	s.seen[identity] = true
	if !empty && turned.After(s.turned) {
		s.turned = turned
	}
}

// parseInfo reads the answer to INFO: lines of name:value.
func parseInfo(info string) map[string]string {
	facts := make(map[string]string)
	lines := bufio.NewScanner(strings.NewReader(info))
	for lines.Scan() {
		if name, fact, found := strings.Cut(lines.Text(), ":"); found {
			facts[name] = fact
		}
	}
	return facts
}
