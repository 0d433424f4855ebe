package cache

import "math/bits"

// clock chooses what is forgotten: the next one, going round, that was not used
// since the hand was there. What is asked for once does not drive out what is
// asked for again and again. A bit each, so that going round takes no time.
type clock struct {
	used []uint64
	hand int
}

// grow makes room for numbers below n.
func (c *clock) grow(n int) {
	for len(c.used)*64 < n {
		c.used = append(c.used, 0)
	}
}

// touch notes that a number is in use.
func (c *clock) touch(number int) { c.used[number/64] |= 1 << (number % 64) }

// next returns the number to forget, of those below n, and goes on behind it.
func (c *clock) next(n int) int {
	for {
		if c.hand >= n {
			c.hand = 0
		}
		word := &c.used[c.hand/64]
		ahead := c.hand % 64
		skip := bits.TrailingZeros64(^(*word >> ahead)) // of those ahead in the word
		skip = min(skip, 64-ahead, n-c.hand)
		*word &^= (1<<skip - 1) << ahead
		if number := c.hand + skip; number < n && number/64 == c.hand/64 {
			c.hand = number + 1
			return number
		}
		c.hand += skip
	}
}
