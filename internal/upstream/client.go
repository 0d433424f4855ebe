package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"time"
)

// Config is what a Client goes by. All fields but Dial may be zero.
type Config struct {
	// Dial connects to an address, a host with a port.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// MaxIdle is how many idle connections to one address are kept; zero: none.
	MaxIdle int
	// IdleTimeout is how long; zero: for ever.
	IdleTimeout time.Duration
	// MaxHeader bounds the header of an answer, in bytes; zero: 10 MiB.
	MaxHeader int64
	// ReadBuffer is the size of a connection's buffer in bytes; zero: 4 KiB.
	ReadBuffer int
}

func (c Config) complete() Config {
	if c.MaxHeader <= 0 {
		c.MaxHeader = 10 << 20
	}
	if c.ReadBuffer <= 0 {
		c.ReadBuffer = 4 << 10
	}
	return c
}

// Client asks upstreams, and keeps connections to them. It is safe for concurrent
// use, as each of its connections is not.
type Client struct {
	config Config
	pool   *pool
}

// New returns a Client.
func New(config Config) *Client {
	config = config.complete()
	return &Client{config: config, pool: &pool{perAddress: config.MaxIdle, timeout: config.IdleTimeout}}
}

// Close closes the idle connections, and the others as they become idle.
func (c *Client) Close() { c.pool.close() }

// Takes reports whether a Client may be asked to make the round trip: over plain
// HTTP/1.1, without a change of protocols or anything to wait for, with no body or
// one of a known length up to [MaxBody], and on a system where idle connections can
// be looked at.
func Takes(r *http.Request) bool {
	empty := r.Body == nil || r.Body == http.NoBody
	return probing && r.URL.Scheme == "http" && r.Method != http.MethodConnect &&
		(r.ContentLength == 0) == empty && r.ContentLength >= 0 && r.ContentLength <= MaxBody &&
		len(r.TransferEncoding) == 0 && len(r.Trailer) == 0 && !r.Close &&
		r.Cancel == nil && //nolint:staticcheck // http.Client's Timeout sets it
		r.Header["Upgrade"] == nil && r.Header["Expect"] == nil && r.Header["Connection"] == nil
}

// ErrSwitched is what is wrong with a 101 to a request that asked for no other protocol.
var ErrSwitched = errors.New("the upstream changed the protocol unasked")

var (
	errHost    = errors.New("the request names no upstream")
	errInterim = errors.New("the upstream sent more than 5 interim responses")
)

// RoundTrip implements http.RoundTripper for requests that [Takes] accepts, unless
// they turn out to be longer than [MaxMessage]: those return [ErrLong]. What Dial
// returns as an error, it returns as it is: nothing of the body has been read then.
// So it does what reading the body returns, before anything is sent. Once the
// context ends, so does the connection, also under the answer's body; the error is
// the context's cause then.
//
// A request that came upon a connection which the upstream was just closing is
// sent again, as net/http does it: where no byte of it was written, or where no
// byte of an answer was read and repeating it does no harm (RFC 9110, section
// 9.2.2).
func (c *Client) RoundTrip(r *http.Request) (*http.Response, error) {
	m := messages.Get().(*message)
	defer m.release()
	err := m.compose(r)
	if errors.Is(err, ErrLong) {
		return nil, err
	}
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	address, err := address(r.URL)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	for ctx.Err() == nil {
		conn, used, err := c.connection(ctx, address)
		if err != nil {
			return nil, m.undialled(ctx, address, err)
		}
		if complete, err := conn.complete(m, r); err != nil {
			return nil, causeOf(ctx, err)
		} else if !complete {
			continue
		}
		res, err := conn.exchange(ctx, r, m.text)
		if err == nil {
			return res, nil
		}
		conn.end()
		var unanswered unansweredError
		again := used && errors.As(err, &unanswered) && (unanswered.unsent || repeatable(r))
		if !again && ctx.Err() == nil {
			return nil, failedError{address, err}
		}
	}
	return nil, context.Cause(ctx)
}

// undialled is Dial's error, where nothing of the body has been read. Where that was
// read, for a connection that has closed meanwhile, the error is another: Caddy
// would take Dial's for leave to ask the next upstream, which would get no body.
func (m *message) undialled(ctx context.Context, address string, err error) error {
	if m.bodyRead && ctx.Err() == nil {
		return failedError{address, errors.New(err.Error())}
	}
	return err
}

// causeOf is the error, or why the context has ended, which is why there is one.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// address returns what to connect to.
func address(url *url.URL) (string, error) {
	switch {
	case url.Host == "":
		return "", errHost
	case url.Port() == "":
		return net.JoinHostPort(url.Hostname(), "80"), nil
	}
	return url.Host, nil
}

// connection returns one to the address, and whether it has been used before.
func (c *Client) connection(ctx context.Context, address string) (conn *connection, used bool, err error) {
	if conn := c.pool.get(address); conn != nil {
		return conn, true, nil
	}
	made, err := c.config.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, false, causeOf(ctx, err)
	}
	return newConnection(made, address, c), false, nil
}

// repeatable reports whether a request may be sent twice.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return r.Header["Idempotency-Key"] != nil || r.Header["X-Idempotency-Key"] != nil
}

// failedError is what went wrong with an upstream. As net/http's errors it is a
// net.Error, not only wraps one: Caddy answers 504 to those that say Timeout.
type failedError struct {
	address string
	cause   error
}

func (e failedError) Error() string { return "asking " + e.address + ": " + e.cause.Error() }
func (e failedError) Unwrap() error { return e.cause }

// Timeout implements net.Error.
func (e failedError) Timeout() bool {
	var cause net.Error
	return errors.As(e.cause, &cause) && cause.Timeout()
}

// Temporary implements net.Error.
func (failedError) Temporary() bool { return false }

// unansweredError is what went wrong before a byte of an answer was read.
type unansweredError struct {
	cause  error
	unsent bool // nor was a byte of the request written
}

func (e unansweredError) Error() string { return e.cause.Error() }
func (e unansweredError) Unwrap() error { return e.cause }

// complete reads the body of a request, if that is still to come, which may take
// its time. It reports whether the connection is still as it should be. Where there
// is an error, it has been given back.
func (c *connection) complete(m *message, r *http.Request) (bool, error) {
	if !m.bodyLeft {
		return true, nil
	}
	if err := m.body(r); err != nil {
		c.keep()
		return false, err
	}
	if c.probe.able() && !c.probe.quiet() {
		c.hangUp()
		return false, nil
	}
	return true, nil
}

// exchange sends the request, as it goes over the wire, and reads the answer, up
// to its body. After an error the connection is of no more use.
func (c *connection) exchange(ctx context.Context, r *http.Request, message []byte) (*http.Response, error) {
	c.watch(ctx)
	c.headerLeft = c.client.config.MaxHeader
	if n, err := c.Write(message); err != nil { // it has no answer
		return nil, unansweredError{cause: fmt.Errorf("writing the request: %w", err), unsent: n == 0}
	}
	if _, err := c.in.Peek(1); err != nil {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("the upstream closed the connection: %w", io.ErrUnexpectedEOF)
		}
		return nil, unansweredError{cause: err}
	}
	res, err := c.answer(ctx, r)
	if err != nil {
		return nil, err
	}
	c.headerLeft = unlimited
	c.reusable = !res.Close && res.StatusCode >= http.StatusOK
	if res.Body == http.NoBody {
		c.done()
	} else {
		res.Body = &body{reader: res.Body, ctx: ctx, connection: c}
	}
	return res, nil
}

// answer reads the final response, and tells the trace of those before it (RFC
// 9110, section 15.2). Each may have a header of its own.
func (c *connection) answer(ctx context.Context, r *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(ctx)
	for interim := 0; ; interim++ {
		res, err := http.ReadResponse(c.in, r)
		switch {
		case err != nil:
			return nil, fmt.Errorf("reading the answer: %w", err)
		case res.StatusCode == http.StatusSwitchingProtocols:
			return nil, ErrSwitched
		case res.StatusCode >= http.StatusOK, res.StatusCode < http.StatusContinue:
			return res, nil
		case trace != nil && trace.Got1xxResponse != nil:
			c.headerLeft = c.client.config.MaxHeader
			if err := trace.Got1xxResponse(res.StatusCode, textproto.MIMEHeader(res.Header)); err != nil {
				return nil, err
			}
		case interim == 5:
			return nil, errInterim
		}
	}
}

var (
	_ http.RoundTripper = (*Client)(nil)
	_ net.Error         = failedError{}
)
