//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cache

import "syscall"

// newChunk returns zeroed memory that the garbage collector does not know of.
// The system gives a page of it when the page is first written to. Where it gives
// none, the heap does.
func newChunk() chunk {
	mapped, err := syscall.Mmap(-1, 0, chunkSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return chunk{bytes: make([]byte, chunkSize)}
	}
	chunksMapped.Add(1)
	return chunk{bytes: mapped, mapped: true}
}

// release gives the memory back. Nobody may read or write it after that: the
// process would end.
func (c chunk) release() {
	if c.mapped && syscall.Munmap(c.bytes) == nil {
		chunksMapped.Add(-1)
	}
}
