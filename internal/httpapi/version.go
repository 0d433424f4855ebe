package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// etag writes a version as a strong validator (RFC 9110, section 8.8.3).
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// ifMatch reads If-Match (RFC 9110, section 13.1.1): which version the request is
// meant to change. An entity tag that is none of ours, or a weak one, is that of
// no version, for the comparison is strong; what is no list of entity tags is
// refused, lest a client believe that it is protected.
func ifMatch(header http.Header) (tenancy.Match, error) {
	fields := header.Values("If-Match")
	if len(fields) == 0 {
		return tenancy.Match{}, nil
	}
	list := strings.Trim(strings.Join(fields, ","), " \t,")
	if list == "*" {
		return tenancy.MatchExisting(), nil
	}
	var versions []int64
	for list != "" {
		tag, rest, ok := entityTag(list)
		if !ok {
			return tenancy.Match{}, &Problem{Code: BadRequest, Detail: `If-Match cannot be read: want entity tags, as "7", or *.`}
		}
		if version, err := strconv.ParseInt(tag, 10, 64); err == nil && etag(version) == `"`+tag+`"` {
			versions = append(versions, version)
		}
		list = rest
	}
	if versions == nil && strings.Trim(strings.Join(fields, ""), " \t,") == "" {
		return tenancy.Match{}, &Problem{Code: BadRequest, Detail: "If-Match is empty."}
	}
	return tenancy.MatchVersions(versions...), nil
}

// entityTag cuts the first entity tag off a list. The tag of a weak one is empty.
func entityTag(list string) (tag, rest string, ok bool) {
	quoted, weak := strings.CutPrefix(list, "W/")
	if !strings.HasPrefix(quoted, `"`) {
		return "", "", false
	}
	tag, rest, ok = strings.Cut(quoted[1:], `"`)
	if !ok || strings.ContainsFunc(tag, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return "", "", false
	}
	rest = strings.TrimLeft(rest, " \t")
	if rest != "" && rest[0] != ',' {
		return "", "", false
	}
	if weak {
		tag = ""
	}
	return tag, strings.TrimLeft(rest, " \t,"), true
}
