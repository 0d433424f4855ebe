// Package attack holds no code of its own. Its tests play the attacks that an
// edge gateway must withstand: raw bytes are sent to the built gateway under the
// shipped Caddyfile, and what counts is what its upstream received. Each case
// names the published hole, or the section of an RFC, that it comes from.
//
// There are three upstreams, because an attack needs a backend that falls for
// it: one of net/http that keeps connections and answers CONNECT with 405, one
// that switches to any protocol it is asked for, and one that reads leniently
// and folds header names as CGI and WSGI do. A fourth answers by script, for what
// upstreams do to those behind them.
//
// The tests print how many cases of each class there are and how many passed:
//
//	go test -v ./internal/attack/
package attack
