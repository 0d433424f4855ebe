package cache

import "time"

// SetPatience changes how long Redis may take.
func (l *Limits) SetPatience(d time.Duration) { l.within = d }
