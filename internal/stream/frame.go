package stream

import "encoding/binary"

// frames follows the frames of a WebSocket in one direction (RFC 6455, section
// 5.2), to know where one ends.
type frames struct {
	header [14]byte
	have   int    // bytes of the header that have gone by
	left   uint64 // bytes of the payload still to come
	closed bool   // a Close frame has begun
}

const opClose = 0x8

// boundary reports whether a frame may begin here.
func (f *frames) boundary() bool { return f.have == 0 && f.left == 0 }

// pass moves on over p.
func (f *frames) pass(p []byte) {
	for len(p) > 0 {
		p = p[f.step(p):]
	}
}

// rest returns how much of p belongs to the frame that is under way, having
// passed it.
func (f *frames) rest(p []byte) (n int) {
	for n < len(p) && !f.boundary() {
		n += f.step(p[n:])
	}
	return n
}

// step passes a piece of the payload or one byte of a header, and returns how
// much that was.
func (f *frames) step(p []byte) int {
	if f.left > 0 {
		n := min(f.left, uint64(len(p)))
		f.left -= n
		return int(n)
	}
	f.header[f.have] = p[0]
	f.have++
	if f.have >= 2 && f.have == f.size() {
		f.closed = f.closed || f.header[0]&0xf == opClose
		f.left, f.have = f.length(), 0
	}
	return 1
}

// size is that of the header, once its first two bytes are there.
func (f *frames) size() int {
	size := 2
	switch f.header[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if f.header[1]&0x80 != 0 { // masked, as no server does
		size += 4
	}
	return size
}

func (f *frames) length() uint64 {
	switch short := f.header[1] & 0x7f; short {
	case 126:
		return uint64(binary.BigEndian.Uint16(f.header[2:]))
	case 127:
		return binary.BigEndian.Uint64(f.header[2:])
	default:
		return uint64(short)
	}
}
