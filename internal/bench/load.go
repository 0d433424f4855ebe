package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed load.lua
var script []byte

// load is what a client sends.
type load struct {
	method string
	path   string
	body   int    // bytes
	tokens string // file
	names  string // file; empty: none
	header string // that carries the names
	http2  bool
	// browser adds the headers that browsers send of themselves.
	browser bool
}

const connections = 32

// outcome is what the client saw.
type outcome struct {
	requests int
	rate     float64 // requests a second
	p50, p99 time.Duration
}

var errFailed = errors.New("requests failed")

// send loads a subject for that long, beginning with the request of that number.
func (l load) send(ctx context.Context, w *world, r *running, long time.Duration, offset int) (outcome, error) {
	if l.http2 {
		return l.sendHTTP2(ctx, w, r, long)
	}
	file := filepath.Join(w.dir, "load.lua")
	if err := os.WriteFile(file, script, 0o600); err != nil {
		return outcome{}, err
	}
	names := l.names
	if names == "" {
		names = "-"
	}
	output, err := run(ctx, w.peers["wrk"].path, "-t1", "-c"+strconv.Itoa(connections), "-d"+seconds(long), "-s", file, r.url(),
		"--", l.method, l.path, strconv.Itoa(l.body), l.tokens, names, l.header, strconv.Itoa(offset), strconv.FormatBool(l.browser))
	if err != nil {
		return outcome{}, err
	}
	return readWrk(output)
}

func seconds(d time.Duration) string { return strconv.Itoa(max(1, int(d.Seconds()))) + "s" }

func readWrk(output []byte) (outcome, error) {
	_, line, _ := strings.Cut(string(output), "RESULT ")
	var requests, microseconds, p50, p99, failed int
	if _, err := fmt.Sscan(line, &requests, &microseconds, &p50, &p99, &failed); err != nil {
		return outcome{}, fmt.Errorf("reading what wrk says: %w\n%s", err, output)
	}
	if failed > 0 || requests == 0 {
		return outcome{}, fmt.Errorf("%w: %d of %d\n%s", errFailed, failed, requests, output)
	}
	return outcome{
		requests: requests,
		rate:     float64(requests) / (float64(microseconds) / 1e6),
		p50:      time.Duration(p50) * time.Microsecond,
		p99:      time.Duration(p99) * time.Microsecond,
	}, nil
}

// sendHTTP2 uses h2load: four connections, with as many requests under way as
// the others have.
func (l load) sendHTTP2(ctx context.Context, w *world, r *running, long time.Duration) (outcome, error) {
	token, err := l.firstToken()
	if err != nil {
		return outcome{}, err
	}
	log := filepath.Join(w.dir, "h2load.log")
	_ = os.Remove(log) // it appends
	output, err := run(ctx, w.peers["h2load"].path, "-t1", "-c4", "-m8", "-D"+strconv.Itoa(max(1, int(long.Seconds()))),
		"--log-file="+log, "-H", "authorization: Bearer "+token, "-H", "accept: application/json", r.url()+l.path)
	if err != nil {
		return outcome{}, err
	}
	found := h2loadTotals.FindSubmatch(output)
	if found == nil {
		return outcome{}, fmt.Errorf("reading what h2load says:\n%s", output)
	}
	succeeded, _ := strconv.Atoi(string(found[1]))
	failed, _ := strconv.Atoi(string(found[2]))
	if failed > 0 || succeeded == 0 || !bytes.Contains(output, []byte(" 0 4xx, 0 5xx")) {
		return outcome{}, fmt.Errorf("%w\n%s", errFailed, output)
	}
	o := outcome{requests: succeeded, rate: float64(succeeded) / long.Seconds()}
	o.p50, o.p99, err = readLatencies(log)
	return o, err
}

var h2loadTotals = regexp.MustCompile(`(\d+) succeeded, (\d+) failed`)

// readLatencies reads h2load's log: start, status and microseconds of each request.
func readLatencies(file string) (p50, p99 time.Duration, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	var all []float64
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 {
			took, _ := strconv.ParseFloat(fields[2], 64)
			all = append(all, took)
		}
	}
	at := func(q float64) time.Duration { return time.Duration(quantile(all, q)) * time.Microsecond }
	return at(0.5), at(0.99), nil
}

// run runs a client to its end.
func run(ctx context.Context, command ...string) ([]byte, error) {
	output, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("running %s: %w\n%s", filepath.Base(command[0]), err, output)
	}
	return output, nil
}

func (l load) firstToken() (string, error) { return firstLine(l.tokens) }

// firstNames is the header with the first name, for a request of our own.
func (l load) firstNames() [2]string {
	if l.names == "" {
		return [2]string{}
	}
	name, _ := firstLine(l.names)
	return [2]string{l.header, name}
}

func firstLine(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	return strings.TrimSpace(line), err
}

// client trusts the certificate that was made for this run, whatever it is.
var client = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: connections * 4, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, //nolint:gosec // loopback, and a key of this run
}

// fetch sends one request of our own and returns status and body.
func fetch(ctx context.Context, url, token string, header [2]string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	switch header[0] {
	case "":
	case "Host":
		request.Host = header[1]
	default:
		request.Header.Set(header[0], header[1])
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, string(body), err
}
