package upstream

import (
	"sync"
	"time"
)

// pool holds idle connections by address, the one used last on top: those beneath
// time out where fewer are needed.
type pool struct {
	perAddress int
	timeout    time.Duration // zero: none

	mu     sync.Mutex
	idle   map[string][]*connection
	sweep  *time.Timer // runs while there is one to time out
	closed bool
}

// get takes a connection that the upstream has not closed, nor written to; nil:
// there is none.
func (p *pool) get(address string) *connection {
	for {
		c := p.pop(address)
		if c == nil || c.probe.quiet() && !p.expired(c, time.Now()) {
			return c
		}
		c.hangUp()
	}
}

func (p *pool) pop(address string) *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	stack := p.idle[address]
	if len(stack) == 0 {
		return nil
	}
	last := len(stack) - 1
	c := stack[last]
	stack[last] = nil
	p.idle[address] = stack[:last]
	return c
}

// put keeps a connection, or closes it where there are enough.
func (p *pool) put(c *connection) {
	if !p.push(c) {
		c.hangUp()
	}
}

func (p *pool) push(c *connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	stack := p.idle[c.address]
	if p.closed || len(stack) >= p.perAddress {
		return false
	}
	if p.idle == nil {
		p.idle = make(map[string][]*connection)
	}
	p.idle[c.address] = append(stack, c)
	if p.timeout > 0 {
		c.idleSince = time.Now()
		if p.sweep == nil {
			p.sweep = time.AfterFunc(p.timeout, p.expire)
		}
	}
	return true
}

func (p *pool) expired(c *connection, now time.Time) bool {
	return p.timeout > 0 && now.Sub(c.idleSince) >= p.timeout
}

// expire closes what has been idle for long, and comes again while there is more.
func (p *pool) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, next, left := time.Now(), p.timeout, false
	for address, stack := range p.idle {
		old := 0
		for old < len(stack) && p.expired(stack[old], now) { // the oldest are at the bottom
			stack[old].hangUp()
			old++
		}
		if old == len(stack) {
			delete(p.idle, address)
			continue
		}
		p.idle[address] = append(stack[:0:0], stack[old:]...)
		next, left = min(next, p.timeout-now.Sub(stack[old].idleSince)), true
	}
	if !left {
		p.sweep = nil
		return
	}
	p.sweep.Reset(next)
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.sweep != nil {
		p.sweep.Stop()
	}
	for _, stack := range p.idle {
		for _, c := range stack {
			c.hangUp()
		}
	}
	p.idle = nil
}
