package caddymodule

import (
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// block reads a block of words, each with its own parser; an unknown word is an
// error, and so is a stray argument before the block.
func block(d *caddyfile.Dispenser, words map[string]func() error) error {
	name := d.Val()
	if d.NextArg() {
		return d.Errf("'%s' takes no argument here", name)
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		parse, known := words[d.Val()]
		if !known {
			return d.Errf("unknown word '%s'", d.Val())
		}
		if err := parse(); err != nil {
			return err
		}
	}
	return nil
}

// value reads the one value of the word at hand. A word that was said before is
// an error: which one is in force? What stands there is not repeated, for it may
// be half of a secret with a blank in it.
func value(d *caddyfile.Dispenser, said bool) (string, error) {
	word, args := d.Val(), d.RemainingArgs()
	switch {
	case len(args) != 1 || args[0] == "":
		return "", d.Errf("'%s' takes one value; if it comes from the environment, is that variable set?", word)
	case said:
		return "", d.Errf("'%s' is said twice", word)
	}
	return args[0], nil
}

func text(d *caddyfile.Dispenser, to *string) (err error) {
	*to, err = value(d, *to != "")
	return err
}

// optionalText reads one value, or none where the environment has none.
func optionalText(d *caddyfile.Dispenser, to *string) error {
	word, args := d.Val(), d.RemainingArgs()
	switch {
	case len(args) == 0, len(args) == 1 && args[0] == "":
		return nil
	case len(args) > 1:
		return d.Errf("'%s' takes one value at most", word)
	case *to != "":
		return d.Errf("'%s' is said twice", word)
	}
	*to = args[0]
	return nil
}

// texts reads one value or more, and may be said again for more.
func texts(d *caddyfile.Dispenser, to *[]string) error {
	word, args := d.Val(), d.RemainingArgs()
	if len(args) == 0 {
		return d.Errf("'%s' takes one value or more", word)
	}
	*to = append(*to, args...)
	return nil
}

// origins reads any number of origins, apart by spaces or, as one environment
// variable holds them, by commas.
func origins(d *caddyfile.Dispenser, to *[]string) error {
	for d.NextArg() {
		for origin := range strings.SplitSeq(d.Val(), ",") {
			if origin = strings.TrimSpace(origin); origin != "" {
				*to = append(*to, origin)
			}
		}
	}
	return nil
}

func duration(d *caddyfile.Dispenser, to **caddy.Duration) error {
	word := d.Val()
	text, err := value(d, *to != nil)
	if err != nil {
		return err
	}
	parsed, err := caddy.ParseDuration(text)
	if err != nil || parsed < 0 {
		return d.Errf("%s: '%s' is no duration of zero or more, such as 30s or 5m", word, text)
	}
	*to = (*caddy.Duration)(&parsed)
	return nil
}

func count(d *caddyfile.Dispenser, to *int) error {
	word := d.Val()
	text, err := value(d, *to != 0)
	if err != nil {
		return err
	}
	parsed, err := strconv.Atoi(text)
	if err != nil || parsed < 1 {
		return d.Errf("%s: '%s' is no whole number of 1 or more", word, text)
	}
	*to = parsed
	return nil
}

func onOff(d *caddyfile.Dispenser, to **bool) error {
	word := d.Val()
	text, err := value(d, *to != nil)
	if err != nil {
		return err
	}
	if text != "on" && text != "off" {
		return d.Errf("%s: '%s' is neither on nor off", word, text)
	}
	on := text == "on"
	*to = &on
	return nil
}
