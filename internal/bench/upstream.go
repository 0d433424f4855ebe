package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// The upstream's paths.
const (
	smallPath = "/api/v1/calls"        // answered with a small JSON document
	largePath = "/api/v1/recordings"   // with 64 KiB
	echoPath  = "/api/v1/debug/tenant" // with the X-Tenant-ID that arrived
)

const largeBytes = 64 << 10

// startUpstream starts the service behind all proxies, on loopback. It reads
// requests whole and writes answers that were made beforehand: it shares the
// processors with what is measured, so it has to cost little.
func startUpstream(ctx context.Context) (addr string, err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("starting the upstream: %w", err)
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	small := answerOf("application/json", `{"calls":[{"id":"c-1","state":"ringing"},{"id":"c-2","state":"queued"}],"next_cursor":null}`)
	large := answerOf("application/octet-stream", strings.Repeat("x", largeBytes))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn, small, large)
		}
	}()
	return listener.Addr().String(), nil
}

func answerOf(kind, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", kind, len(body), body)
}

// answer serves one connection to its end.
func answer(conn net.Conn, small, large []byte) {
	defer conn.Close()
	reader := bufio.NewReaderSize(conn, 8<<10)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		response := small
		switch request.URL.Path {
		case largePath:
			response = large
		case echoPath:
			response = answerOf("text/plain", request.Header.Get("X-Tenant-ID"))
		}
		if _, err := conn.Write(response); err != nil {
			return
		}
	}
}
