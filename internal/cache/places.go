package cache

// places says under which number the record of a hash is: a table of open
// addressing without pointers, at most three quarters full. The zero places is empty.
type places struct {
	slots []uint64 // the hash's lower half, and the number and 1; 0: nothing
	used  int
}

// find returns the number that is under the hash and is the one wanted.
func (p *places) find(hash uint64, wanted func(number int) bool) (number int, found bool) {
	if len(p.slots) == 0 {
		return 0, false
	}
	for at := p.home(uint32(hash)); ; at = p.after(at) {
		slot := p.slots[at]
		if slot == 0 {
			return 0, false
		}
		if hashOf(slot) == uint32(hash) && wanted(numberOf(slot)) {
			return numberOf(slot), true
		}
	}
}

func hashOf(slot uint64) uint32 { return uint32(slot >> 32) }
func numberOf(slot uint64) int  { return int(uint32(slot)) - 1 }

func (p *places) home(hash uint32) int { return int(hash) & (len(p.slots) - 1) }
func (p *places) after(at int) int     { return (at + 1) & (len(p.slots) - 1) }

// put adds a number that is not there.
func (p *places) put(hash uint64, number int) {
	if p.used >= len(p.slots)/4*3 {
		p.grow()
	}
	p.used++
	p.insert(hash<<32 | uint64(uint32(number+1)))
}

func (p *places) insert(slot uint64) {
	at := p.home(hashOf(slot))
	for p.slots[at] != 0 {
		at = p.after(at)
	}
	p.slots[at] = slot
}

func (p *places) grow() {
	old := p.slots
	p.slots = make([]uint64, max(16, 2*len(old)))
	for _, slot := range old {
		if slot != 0 {
			p.insert(slot)
		}
	}
}

// remove takes a number out that is there. What follows moves up to where it
// would have been put, so that no search ends before it.
func (p *places) remove(hash uint64, number int) {
	at := p.home(uint32(hash))
	for numberOf(p.slots[at]) != number {
		at = p.after(at)
	}
	p.used--
	gap, mask := at, len(p.slots)-1
	for at = p.after(at); p.slots[at] != 0; at = p.after(at) {
		if home := p.home(hashOf(p.slots[at])); (at-home)&mask >= (at-gap)&mask {
			p.slots[gap] = p.slots[at]
			gap = at
		}
	}
	p.slots[gap] = 0
}
