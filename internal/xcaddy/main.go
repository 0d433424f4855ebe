// Command xcaddy builds a custom binary from xcaddy.json: the Caddy version and
// the plugins in it, through the xcaddy tool at the version named there.
//
// Usage: go run ./internal/xcaddy xcaddy.json
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

// recipe is the form of xcaddy.json.
type recipe struct {
	Caddy   string   `json:"caddy"`  // version of Caddy
	XCaddy  string   `json:"xcaddy"` // version of the build tool
	Output  string   `json:"output"` // where the binary goes
	Plugins []plugin `json:"plugins"`
}

// plugin is a Go package that registers Caddy modules.
type plugin struct {
	Module  string            `json:"module"`
	Version string            `json:"version"` // empty: the newest, or what Replace says
	Replace map[string]string `json:"replace"` // module path to a folder of this machine
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: xcaddy <recipe.json>")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := build(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "xcaddy:", err)
		os.Exit(1)
	}
}

func build(ctx context.Context, file string) error {
	recipe, err := read(file)
	if err != nil {
		return err
	}
	args := append([]string{"run", "github.com/caddyserver/xcaddy/cmd/xcaddy@" + recipe.XCaddy}, recipe.args()...)
	command := exec.CommandContext(ctx, "go", args...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	return command.Run()
}

func read(file string) (recipe, error) {
	var r recipe
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, fmt.Errorf("reading %s: %w", file, err)
	}
	if r.Caddy == "" || r.XCaddy == "" || r.Output == "" || len(r.Plugins) == 0 {
		return r, fmt.Errorf("%s: caddy, xcaddy, output and plugins are all required", file)
	}
	return r, nil
}

func (r recipe) args() []string {
	args := []string{"build", r.Caddy, "--output", r.Output}
	for _, p := range r.Plugins {
		with := p.Module
		if p.Version != "" {
			with += "@" + p.Version
		}
		args = append(args, "--with", with)
		for module, folder := range p.Replace {
			args = append(args, "--replace", module+"="+folder)
		}
	}
	return args
}
