package attack_test

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	results.print(os.Stdout)
	os.Exit(code)
}

// results counts the cases of all tests by class.
var results = tally{classes: make(map[string]*score)}

type tally struct {
	mu      sync.Mutex
	classes map[string]*score
}

type score struct{ played, passed int }

// count enters how a case ended, for tests that are not tables of attacks too.
// Call it by defer, before anything can fail.
func (r *tally) count(t testing.TB, class string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.classes[class]
	if of == nil {
		of = new(score)
		r.classes[class] = of
	}
	of.played++
	if !t.Failed() {
		of.passed++
	}
}

// add enters cases that another program has played.
func (r *tally) add(class string, played, passed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.classes[class] = &score{played: played, passed: passed}
}

func (r *tally) print(to io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all score
	for _, class := range slices.Sorted(maps.Keys(r.classes)) {
		of := r.classes[class]
		all.played, all.passed = all.played+of.played, all.passed+of.passed
		fmt.Fprintf(to, "%-28s %5d cases, %5d passed\n", class, of.played, of.passed)
	}
	fmt.Fprintf(to, "%-28s %5d cases, %5d passed\n", "all", all.played, all.passed)
}
