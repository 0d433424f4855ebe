package tenancy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Setting is one key of a tenant's configuration.
type Setting struct {
	Key       string
	Value     json.RawMessage
	Version   int64
	UpdatedAt time.Time
}

// The settings that the gateway knows. All others begin with CustomPrefix and
// mean nothing to it.
const (
	JoinPolicyKey          = "join_policy"
	BrandingKey            = "branding"
	DefaultRoleKey         = "default_role"
	AllowedEmailDomainsKey = "allowed_email_domains"
	SessionLengthKey       = "session_length"
	CustomPrefix           = "custom."
)

// MaxSettings is how many keys a tenant may have.
const MaxSettings = 200

const (
	maxSetting      = 64 << 10 // bytes
	maxKey          = 64
	maxEmailDomains = 50
	minSession      = 5 * time.Minute
	maxSession      = 365 * 24 * time.Hour
	maxBrand        = 100 // characters
	maxURL          = 2048
)

// JoinPolicy says who may join a tenant without being asked in.
type JoinPolicy string

// The join policies. What is not known lets nobody in.
const (
	JoinClosed JoinPolicy = "closed"
	JoinDomain JoinPolicy = "domain" // whose verified address is of one of AllowedEmailDomains
	JoinOpen   JoinPolicy = "open"
)

// Settings are the known ones of a tenant, with defaults for those not set.
type Settings struct {
	JoinPolicy          JoinPolicy
	DefaultRole         Role          // of those who join by themselves
	AllowedEmailDomains []string      // for JoinDomain
	SessionLength       time.Duration // zero: the operator's
}

// SettingsOf reads the known settings out of a configuration. A stored value
// that does not pass as one, as SQL may have written it, counts as not set.
func SettingsOf(config map[string]json.RawMessage) Settings {
	s := Settings{JoinPolicy: JoinClosed, DefaultRole: RoleMember}
	valid := func(key string, into any) bool {
		value, set := config[key]
		return set && CheckSetting(key, value) == nil && json.Unmarshal(value, into) == nil
	}
	var policy JoinPolicy
	if valid(JoinPolicyKey, &policy) {
		s.JoinPolicy = policy
	}
	var role Role
	if valid(DefaultRoleKey, &role) {
		s.DefaultRole = role
	}
	var domains []string
	if valid(AllowedEmailDomainsKey, &domains) {
		s.AllowedEmailDomains = domains
	}
	var seconds int64
	if valid(SessionLengthKey, &seconds) {
		s.SessionLength = time.Duration(seconds) * time.Second
	}
	return s
}

// MayJoin reports whether somebody may join without being asked in. A policy of
// JoinDomain wants a verified address: whoever may type any would pass otherwise.
func (s Settings) MayJoin(email Email, verified bool) bool {
	switch s.JoinPolicy {
	case JoinOpen:
		return true
	case JoinDomain:
		_, domain, _ := strings.Cut(string(email), "@")
		return verified && slices.Contains(s.AllowedEmailDomains, domain)
	}
	return false
}

// CheckSetting returns an InvalidError that points to "/key" of the path, or
// into "/value" of the body, where a setting cannot be accepted. The value is
// one valid JSON value without members given twice.
func CheckSetting(key string, value json.RawMessage) error {
	if len(value) > maxSetting {
		return Invalid("/value", "at most 64 KiB")
	}
	switch key {
	case JoinPolicyKey:
		return oneOf("/value", value, string(JoinClosed), string(JoinDomain), string(JoinOpen))
	case BrandingKey:
		return checkBranding(value)
	case DefaultRoleKey:
		// Not admin: with an open door, everybody could walk in as one.
		return oneOf("/value", value, RoleViewer.String(), RoleMember.String())
	case AllowedEmailDomainsKey:
		return checkEmailDomains(value)
	case SessionLengthKey:
		return checkSessionLength(value)
	}
	return checkCustomKey(key)
}

// ErrBadKey is about what ValidKey refuses.
var ErrBadKey = errors.New("want a-z first, then a-z, 0-9, _, . and -, at most 64 characters")

// ValidKey reports whether a setting can have that key at all.
func ValidKey(key string) bool {
	return key != "" && len(key) <= maxKey && key[0] >= 'a' && key[0] <= 'z' &&
		strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == ""
}

func checkCustomKey(key string) error {
	if rest, custom := strings.CutPrefix(key, CustomPrefix); !custom || rest == "" || !ValidKey(key) {
		return &InvalidError{Violations: []Violation{{Pointer: "/key", In: "path", Detail: fmt.Sprintf(
			"want %s, %s, %s, %s, %s, or %s and up to %d of a-z, 0-9, _, . and -", JoinPolicyKey, BrandingKey, DefaultRoleKey,
			AllowedEmailDomainsKey, SessionLengthKey, CustomPrefix, maxKey-len(CustomPrefix))}}}
	}
	return nil
}

// oneOf accepts a string of a closed set.
func oneOf(pointer string, value json.RawMessage, words ...string) error {
	var word string
	if json.Unmarshal(value, &word) != nil || !slices.Contains(words, word) {
		return Invalid(pointer, "want one of "+strings.Join(words, ", "))
	}
	return nil
}

func checkSessionLength(value json.RawMessage) error {
	var seconds int64
	if json.Unmarshal(value, &seconds) != nil || seconds < int64(minSession/time.Second) || seconds > int64(maxSession/time.Second) {
		return Invalid("/value", fmt.Sprintf("want whole seconds from %d to %d", int64(minSession/time.Second), int64(maxSession/time.Second)))
	}
	return nil
}

func checkEmailDomains(value json.RawMessage) error {
	var domains []string
	if json.Unmarshal(value, &domains) != nil || domains == nil || len(domains) > maxEmailDomains {
		return Invalid("/value", fmt.Sprintf("want a list of at most %d domains", maxEmailDomains))
	}
	for i, domain := range domains {
		if !domainName(domain) || len(domain) > 253 || domain != lowerASCII(domain) || slices.Contains(domains[:i], domain) {
			return Invalid(fmt.Sprintf("/value/%d", i), "want a domain in lower case, each once")
		}
	}
	return nil
}

// checkBranding wants every member known and right. What it lets through is
// shown in other people's browsers, so an URL is https and a colour is a colour.
func checkBranding(value json.RawMessage) error {
	return members("/value", value, map[string]func(string, json.RawMessage) error{
		"name":     checkBrandName,
		"logo_url": checkLogoURL,
		"theme": func(pointer string, value json.RawMessage) error {
			return oneOf(pointer, value, "system", "light", "dark")
		},
		"colors": func(pointer string, value json.RawMessage) error {
			return members(pointer, value, map[string]func(string, json.RawMessage) error{"primary": checkColor, "accent": checkColor})
		},
	})
}

// members checks each member of an object; there are no others.
func members(pointer string, value json.RawMessage, known map[string]func(string, json.RawMessage) error) error {
	var object map[string]json.RawMessage
	if json.Unmarshal(value, &object) != nil || object == nil {
		return Invalid(pointer, "want an object")
	}
	for name, member := range object {
		check, found := known[name]
		if !found {
			return Invalid(pointer, "want no other members than those of branding")
		}
		if err := check(pointer+"/"+name, member); err != nil {
			return err
		}
	}
	return nil
}

func checkBrandName(pointer string, value json.RawMessage) error {
	var name string
	length := 0
	if json.Unmarshal(value, &name) == nil {
		length = utf8.RuneCountInString(name)
	}
	if length < 1 || length > maxBrand || name != strings.TrimSpace(name) || strings.IndexFunc(name, unicode.IsControl) >= 0 {
		return Invalid(pointer, fmt.Sprintf("want 1 to %d characters without control characters or surrounding space", maxBrand))
	}
	return nil
}

func checkLogoURL(pointer string, value json.RawMessage) error {
	var text string
	if json.Unmarshal(value, &text) == nil && len(text) <= maxURL {
		// Printable ASCII: nothing that breaks out of an attribute or a style sheet.
		odd := strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'`<>\\()", r) })
		if u, err := url.Parse(text); err == nil && !odd && u.Scheme == "https" && u.Host != "" && u.User == nil && u.Opaque == "" {
			return nil
		}
	}
	return Invalid(pointer, fmt.Sprintf("want an https URL of at most %d characters", maxURL))
}

func checkColor(pointer string, value json.RawMessage) error {
	var color string
	if json.Unmarshal(value, &color) != nil || len(color) != 7 || color[0] != '#' || strings.Trim(color[1:], "0123456789abcdefABCDEF") != "" {
		return Invalid(pointer, "want a colour such as #0f766e")
	}
	return nil
}
