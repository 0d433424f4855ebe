package cache

import "sync/atomic"

// chunkRecords is how many records come into being at once.
const (
	chunkRecords = 1024
	chunkSize    = chunkRecords * recordSize
)

// chunk is memory for records.
type chunk struct {
	bytes  []byte
	mapped bool // outside of the Go heap
}

// record returns the nth of the chunk.
func (c chunk) record(n int) record {
	return record(c.bytes[n*recordSize : (n+1)*recordSize : (n+1)*recordSize])
}

// chunksMapped counts the chunks outside of the heap that this process has, for
// tests.
var chunksMapped atomic.Int64
