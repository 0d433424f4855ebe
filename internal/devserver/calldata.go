package devserver

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Call is a telephone call as the demo service tells of it.
type Call struct {
	ID        string           `json:"id"`
	TenantID  tenancy.TenantID `json:"tenant_id"`
	Queue     string           `json:"queue"`
	Agent     string           `json:"agent,omitempty"` // empty while the call waits
	Caller    string           `json:"caller"`          // a number of the range kept for fiction
	Topic     string           `json:"topic"`
	Status    string           `json:"status"` // "queued", "active" or "ended"
	StartedAt time.Time        `json:"started_at"`
	QueuedBy  string           `json:"queued_by,omitempty"` // the user who queued it by POST
}

// Agent is a person who takes calls, in the demo service.
type Agent struct {
	Name   string `json:"name"`
	Queue  string `json:"queue"`
	Status string `json:"status"` // "available" or "on_call"
}

// Queue is where calls of one sort wait, in the demo service.
type Queue struct {
	Name    string `json:"name"`
	Waiting int    `json:"waiting"`
}

const (
	firstCall = 1001
	demoCalls = 6
	// maxCalls bounds what POST can make the service keep for a tenant.
	maxCalls = 200
)

// desk is all that the demo service has of one tenant. Handlers are given one
// desk and reach no other: that is how a tenant's data stays its own.
type desk struct {
	id     tenancy.TenantID
	slug   string
	agents []string
	queues []string

	mu    sync.Mutex
	calls []Call // newest last
	next  int
}

//go:embed callcenter.json
var deskJSON []byte

type deskData struct {
	Area                   string
	Agents, Queues, Topics []string
}

// newDesks returns a desk for each demo tenant, whose calls were before now.
func newDesks(now time.Time) (map[tenancy.TenantID]*desk, error) {
	decoder := json.NewDecoder(bytes.NewReader(deskJSON))
	decoder.DisallowUnknownFields()
	var data map[string]deskData
	if err := decoder.Decode(&data); err != nil {
		return nil, fmt.Errorf("reading the demo calls: %w", err)
	}
	desks := map[tenancy.TenantID]*desk{}
	for _, tenant := range Tenants() {
		desks[tenant.ID] = newDesk(tenant.ID, tenant.Slug, data[tenant.Slug], now)
	}
	return desks, nil
}

// newDesk invents a tenant's calls, the newest some minutes before now. The
// tenant's id seeds the dice, so every start tells the same story.
func newDesk(id tenancy.TenantID, slug string, data deskData, now time.Time) *desk {
	d := &desk{id: id, slug: slug, agents: data.Agents, queues: data.Queues, next: firstCall}
	dice := rand.New(rand.NewPCG(binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])))
	started := time.Unix(0, 0).UTC()
	for i := range demoCalls {
		started = started.Add(time.Duration(1+dice.IntN(15)) * time.Minute)
		call := Call{
			Queue:     data.Queues[dice.IntN(len(data.Queues))],
			Caller:    fmt.Sprintf("+1 %s 555 01%02d", data.Area, dice.IntN(100)),
			Topic:     data.Topics[dice.IntN(len(data.Topics))],
			Status:    "ended",
			StartedAt: started,
		}
		call.Agent = d.agentOf(call.Queue)
		if i >= demoCalls-2 {
			call.Status = "active"
		}
		d.add(call)
	}
	late := now.UTC().Truncate(time.Second).Add(-3 * time.Minute).Sub(started)
	for i := range d.calls {
		d.calls[i].StartedAt = d.calls[i].StartedAt.Add(late)
	}
	return d
}

// add gives the call its number and keeps it; the oldest goes where it would
// be one too many.
func (d *desk) add(call Call) Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	call.ID, call.TenantID = fmt.Sprintf("%s-%d", d.slug, d.next), d.id
	d.next++
	d.calls = append(d.calls, call)
	if len(d.calls) > maxCalls {
		d.calls = slices.Delete(d.calls, 0, 1)
	}
	return call
}

// list returns the calls, newest first.
func (d *desk) list() []Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := slices.Clone(d.calls)
	slices.Reverse(calls)
	return calls
}

// find returns the call of that id, if this tenant has it.
func (d *desk) find(id string) (Call, bool) {
	for _, call := range d.list() {
		if call.ID == id {
			return call, true
		}
	}
	return Call{}, false
}

// agentOf returns who serves a queue.
func (d *desk) agentOf(queue string) string {
	return d.agents[slices.Index(d.queues, queue)%len(d.agents)]
}

func (d *desk) agentList() []Agent {
	busy := map[string]bool{}
	for _, call := range d.list() {
		busy[call.Agent] = busy[call.Agent] || call.Status == "active"
	}
	agents := make([]Agent, len(d.agents))
	for i, name := range d.agents {
		agents[i] = Agent{Name: name, Queue: d.queues[i%len(d.queues)], Status: "available"}
		if busy[name] {
			agents[i].Status = "on_call"
		}
	}
	return agents
}

func (d *desk) queueList() []Queue {
	waiting := map[string]int{}
	for _, call := range d.list() {
		if call.Status == "queued" {
			waiting[call.Queue]++
		}
	}
	queues := make([]Queue, len(d.queues))
	for i, name := range d.queues {
		queues[i] = Queue{Name: name, Waiting: waiting[name]}
	}
	return queues
}
