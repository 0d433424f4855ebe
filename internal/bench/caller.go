package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// caller is one connection of a client that costs little: it shares the processors
// with what it asks, and that of net/http takes as much of them as the gateway.
// It knows the answers of our upstream and our gateway: HTTP/1.1 with a
// Content-Length.
type caller struct {
	addr   string
	conn   net.Conn
	reader *bufio.Reader
	buffer []byte
}

func (c *caller) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

const answerTime = 10 * time.Second

// get asks for a path with a token and a header, which may be Host, or none, and
// returns the status of the answer, which it reads whole.
func (c *caller) get(ctx context.Context, path, token string, header [2]string) (int, error) {
	if c.conn == nil {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", c.addr)
		if err != nil {
			return 0, err
		}
		c.conn, c.reader = conn, bufio.NewReader(conn)
	}
	status, err := c.ask(path, token, header)
	if err != nil {
		c.close()
		err = fmt.Errorf("asking %s: %w", c.addr, err)
	}
	return status, err
}

func (c *caller) ask(path, token string, header [2]string) (int, error) {
	host := c.addr
	if header[0] == "Host" {
		host, header = header[1], [2]string{}
	}
	b := c.buffer[:0]
	b = append(b, "GET "...)
	b = append(append(b, path...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, host...), "\r\nAccept: application/json\r\nAuthorization: Bearer "...)
	b = append(append(b, token...), "\r\n"...)
	if header[0] != "" {
		b = append(append(append(append(b, header[0]...), ": "...), header[1]...), "\r\n"...)
	}
	b = append(b, "\r\n"...)
	c.buffer = b
	if err := c.conn.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(b); err != nil {
		return 0, err
	}
	return c.read()
}

var errAnswer = errors.New("the answer is none that this client reads")

func (c *caller) read() (status int, err error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if fields := strings.Fields(string(line)); len(fields) > 1 {
		status, _ = strconv.Atoi(fields[1])
	}
	length := -1
	for {
		if line, err = c.reader.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			length, _ = strconv.Atoi(strings.TrimSpace(string(line[len(name):])))
		}
	}
	if status == 0 || length < 0 {
		return 0, errAnswer
	}
	_, err = io.CopyN(io.Discard, c.reader, int64(length))
	return status, err
}
