package upstream

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
)

// body is that of an answer. When it has been read it gives the connection back.
type body struct {
	reader     io.Reader
	ctx        context.Context
	connection *connection
	over       atomic.Bool // the connection is not ours any more
	err        error       // what Read returned at the end
}

var errClosedBody = errors.New("read of a closed body")

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.over.Load() {
		if b.err == nil {
			return 0, errClosedBody
		}
		return 0, b.err
	}
	n, err := b.reader.Read(p)
	if err == nil {
		return n, nil
	}
	if !errors.Is(err, io.EOF) && b.ctx.Err() != nil {
		err = b.ctx.Err()
	}
	b.err = err
	if !b.over.Swap(true) {
		if err == io.EOF {
			b.connection.done()
		} else {
			b.connection.end()
		}
	}
	return n, err
}

// Close implements io.Closer: what has not been read is not waited for.
func (b *body) Close() error {
	if !b.over.Swap(true) {
		b.connection.end()
	}
	return nil
}
