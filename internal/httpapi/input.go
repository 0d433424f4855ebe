package httpapi

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const defaultPage = 50

// faults gathers all that is wrong with an input, so that people need not find
// out one by one.
type faults []tenancy.Violation

func (f *faults) add(in, pointer, detail string) {
	*f = append(*f, tenancy.Violation{In: in, Pointer: pointer, Detail: detail})
}

// err returns a tenancy.InvalidError, or nil where nothing is wrong.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return &tenancy.InvalidError{Violations: f}
}

// email reads an address from the body's member of that name.
func (f *faults) email(value string) tenancy.Email {
	const pointer = "/email"
	if value == "" {
		f.add("body", pointer, "required")
		return ""
	}
	email, err := tenancy.ParseEmail(value)
	if err != nil {
		f.add("body", pointer, err.Error())
	}
	return email
}

// role reads a tenant role from the body.
func (f *faults) role(pointer, value string) tenancy.Role {
	if value == "" {
		f.add("body", pointer, "required")
		return tenancy.RoleNone
	}
	role, err := tenancy.ParseRole(value)
	if err != nil { // its text repeats the value, which may be long
		f.add("body", pointer, "unknown role: want viewer, member or admin")
	}
	return role
}

// single reads a parameter of the query that may be given once.
func (f *faults) single(query url.Values, name string) string {
	values := query[name]
	if len(values) > 1 {
		f.add("query", "/"+name, "given more than once")
	}
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// page reads limit and cursor.
func (f *faults) page(query url.Values) tenancy.Page {
	page := tenancy.Page{Limit: defaultPage}
	if limit := f.single(query, "limit"); limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > manage.MaxPage {
			f.add("query", "/limit", fmt.Sprintf("want a number from 1 to %d", manage.MaxPage))
		}
		page.Limit = n
	}
	if cursor := f.single(query, "cursor"); cursor != "" {
		after, err := parseCursor(cursor)
		if err != nil {
			f.add("query", "/cursor", "not a cursor that a list has returned")
		}
		page.After = after
	}
	return page
}

// cursorEncoding is strict, so that a position has one spelling.
var cursorEncoding = base64.RawURLEncoding.Strict()

// parseCursor reads what cursorOf writes: the id of the last item. It gives
// access to nothing: a list shows what its caller may see, wherever it starts.
func parseCursor(cursor string) ([16]byte, error) {
	raw, err := cursorEncoding.DecodeString(cursor)
	if err != nil {
		return [16]byte{}, fmt.Errorf("decoding cursor: %w", err)
	}
	if len(raw) != 16 {
		return [16]byte{}, fmt.Errorf("decoding cursor: %d bytes, want 16", len(raw))
	}
	return [16]byte(raw), nil
}
