package token

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	fetchTimeout = 5 * time.Second
	maxKeySet    = 256 << 10 // bytes
)

// checkKeySetURL refuses what a key set must not be fetched from: whoever
// answers there decides who is let in.
func checkKeySetURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errors.New("not a URL of the form https://host/path")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return errors.New("want https; http is for loopback addresses only")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// keySetFetcher returns a function that gets the document at a URL that
// checkKeySetURL has passed. Redirects are not followed: they could lead to
// where configured URLs may not.
func keySetFetcher(address string) func(context.Context) ([]byte, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // one fetch in minutes; hold no connection for it
	transport.MaxResponseHeaderBytes = 64 << 10
	client := &http.Client{
		Transport:     transport,
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context) ([]byte, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, fmt.Errorf("asking for the key set: %w", err)
		}
		request.Header.Set("Accept", "application/jwk-set+json, application/json")
		response, err := client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("asking for the key set: %w", err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("asking for the key set: status %d", response.StatusCode)
		}
		document, err := io.ReadAll(io.LimitReader(response.Body, maxKeySet+1))
		if err != nil {
			return nil, fmt.Errorf("receiving the key set: %w", err)
		}
		if len(document) > maxKeySet {
			return nil, fmt.Errorf("receiving the key set: longer than %d bytes", maxKeySet)
		}
		return document, nil
	}
}
