package upstream

import (
	"context"
	"errors"
	"io"
	"sync"
)

// body is that of an answer. When it has been read it gives the connection back.
type body struct {
	reader     io.Reader
	ctx        context.Context // of the request, whose end is the body's
	connection *connection

	mu  sync.Mutex
	err error // what ended it: the connection is not ours any more
}

var errClosedBody = errors.New("read of a closed body")

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if err := b.ended(); err != nil {
		return 0, err
	}
	n, err := b.reader.Read(p)
	if err == nil {
		return n, nil
	}
	if err != io.EOF && b.ctx.Err() != nil { //nolint:errorlint // only EOF itself is an end
		err = context.Cause(b.ctx)
	}
	b.end(err)
	return n, err
}

// Close implements io.Closer: what has not been read is not waited for.
func (b *body) Close() error {
	b.end(errClosedBody)
	return nil
}

func (b *body) ended() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// end lets go of the connection, once.
func (b *body) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return
	}
	b.err = err
	if err == io.EOF { //nolint:errorlint // only EOF itself is an end
		b.connection.done()
	} else {
		b.connection.end()
	}
}
