package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// Machine says what was measured on, and with what.
type Machine struct {
	Processor string            `json:"processor"`
	Cores     int               `json:"cores"`
	Memory    string            `json:"memory"`
	Kernel    string            `json:"kernel"`
	Versions  map[string]string `json:"versions"`
}

// describe asks the machine and the programs.
func (w *world) describe(ctx context.Context) Machine {
	m := Machine{
		Processor: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Memory: field("/proc/meminfo", "MemTotal"),
		Versions: map[string]string{"Go": runtime.Version(), "Tenantgate": commit()},
	}
	if kib, err := strconv.Atoi(strings.TrimSuffix(m.Memory, " kB")); err == nil {
		m.Memory = strconv.Itoa(kib>>20) + " GiB"
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	if text, err := exec.CommandContext(ctx, w.binary, "version").Output(); err == nil {
		m.Versions["Caddy"] = firstWord(string(text))
	}
	for _, p := range w.peers {
		if p.path != "" && p.version != nil {
			text, _ := exec.CommandContext(ctx, p.path, p.version...).CombinedOutput() // some exit with 1
			m.Versions[p.name] = version(string(text))
		}
	}
	return m
}

// field reads the first "name : value" of a file in /proc.
func field(file, name string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return word
}

// version finds the first word that is a version in what a program says of itself.
func version(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	for _, word := range strings.Fields(line) {
		word = word[strings.LastIndexByte(word, '/')+1:]
		if word[:1] >= "0" && word[:1] <= "9" {
			return word
		}
	}
	return ""
}

// commit is the one that the tree is at.
func commit() string {
	text, err := exec.CommandContext(context.Background(), "git", "rev-parse", "--short", "HEAD").Output()
	if err == nil {
		return strings.TrimSpace(string(text))
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}
