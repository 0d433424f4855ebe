package lifetime

// Pending counts what is held to be done at the end.
func (l *Lifetime) Pending() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first.do != nil {
		n++
	}
	return n + len(l.more)
}
