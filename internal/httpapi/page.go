package httpapi

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// query reads the query of a request.
func (c call[Body]) query() (url.Values, error) {
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, &Problem{Code: BadRequest, Detail: "The query cannot be read."}
	}
	return query, nil
}

// page reads which page of a list is meant, and by filters what the list has
// besides; nil: nothing.
func (c call[Body]) page(filters func(f *faults, query url.Values)) (tenancy.Page, error) {
	query, err := c.query()
	if err != nil {
		return tenancy.Page{}, err
	}
	var f faults
	page := f.page(query)
	if filters != nil {
		filters(&f, query)
	}
	return page, f.err()
}

// andOne asks for one item more than the page holds: whether there is one says
// whether the page is the last.
func andOne(page tenancy.Page) tenancy.Page {
	page.Limit++
	return page
}

// cut takes what andOne asked for, shows each item of the page, and returns
// where the next one starts; nil: nowhere.
func cut[Item, Shown any](items []Item, page tenancy.Page, place func(Item) [16]byte, show func(Item) Shown) ([]Shown, *string) {
	var next *string
	if len(items) > page.Limit {
		items = items[:page.Limit]
		next = cursorOf(place(items[page.Limit-1]))
	}
	shown := make([]Shown, len(items))
	for i, item := range items {
		shown[i] = show(item)
	}
	return shown, next
}

func cursorOf(place [16]byte) *string {
	cursor := cursorEncoding.EncodeToString(place[:])
	return &cursor
}

const maxSearch = 100 // characters of q

// search reads q.
func (f *faults) search(query url.Values) string {
	q := f.single(query, "q")
	if len([]rune(q)) > maxSearch {
		f.add("query", "/q", "at most 100 characters")
	}
	if !utf8.ValidString(q) || strings.ContainsRune(q, 0) {
		f.add("query", "/q", "want UTF-8 text without NUL")
	}
	return strings.TrimSpace(q)
}
