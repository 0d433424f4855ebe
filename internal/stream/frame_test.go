package stream

import (
	"bytes"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// frame makes one as an upstream would, whatever it may.
func frame(op byte, masked bool, payload []byte) []byte {
	mask := byte(0)
	if masked {
		mask = 0x80
	}
	out := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		out = append(out, mask|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, mask|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, mask|127), uint64(n))
	}
	if masked {
		out = append(out, 1, 2, 3, 4)
	}
	return append(out, payload...)
}

// TestFramesFindEveryBoundary cuts random frames into random pieces: a boundary
// is exactly where one ends.
func TestFramesFindEveryBoundary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var wire []byte
		ends := map[int]bool{0: true}
		for range rapid.IntRange(1, 6).Draw(t, "frames") {
			size := rapid.SampledFrom([]int{0, 1, 125, 126, 127, 300, 65535, 65536, 70000}).Draw(t, "size")
			op := rapid.SampledFrom([]byte{0, 1, 2, 9, 10}).Draw(t, "op")
			// Payloads that look like headers must not be read as ones.
			payload := bytes.Repeat([]byte{0x88}, size)
			wire = append(wire, frame(op, rapid.Bool().Draw(t, "masked"), payload)...)
			ends[len(wire)] = true
		}
		var f frames
		for at := 0; at < len(wire); {
			n := min(rapid.SampledFrom([]int{1, 2, 3, 9, 14, 1000, 32 << 10}).Draw(t, "piece"), len(wire)-at)
			f.pass(wire[at : at+n])
			at += n
			if f.boundary() != ends[at] {
				t.Fatalf("after %d bytes: boundary %v, want %v", at, f.boundary(), ends[at])
			}
		}
		if f.closed {
			t.Fatal("saw a Close frame where there is none")
		}
	})
}

func TestFramesSeeTheUpstreamsClose(t *testing.T) {
	t.Parallel()
	var f frames
	f.pass(frame(1, false, []byte("hello")))
	f.pass(frame(opClose, false, []byte{0x03, 0xe8}))
	if !f.closed {
		t.Error("a Close frame went by unseen")
	}
}

func TestFramesKeepToTheFrameUnderWay(t *testing.T) {
	t.Parallel()
	first, second := frame(2, false, make([]byte, 200)), frame(2, false, make([]byte, 10))
	var f frames
	f.pass(first[:50])
	if got, want := f.rest(append(bytes.Clone(first[50:]), second...)), len(first)-50; got != want {
		t.Errorf("the frame under way has %d bytes more, want %d", got, want)
	}
	if f.rest(second) != 0 {
		t.Error("the next frame counts as the one under way")
	}
}
