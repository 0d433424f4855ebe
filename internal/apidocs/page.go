package apidocs

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// Page is the page and the Content-Security-Policy that it needs.
type Page struct {
	HTML   []byte
	Policy string
}

// Render makes the page of an OpenAPI document in YAML.
func Render(openAPI []byte) (Page, error) {
	d, err := parse(openAPI)
	if err != nil {
		return Page{}, err
	}
	page, err := template.New("page").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(pageCSS) }, //nolint:gosec // our own file
		"code":  code,
		"prose": prose,
	}).Parse(pageHTML)
	if err != nil {
		return Page{}, fmt.Errorf("reading the page: %w", err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, d); err != nil {
		return Page{}, fmt.Errorf("making the page: %w", err)
	}
	hash := sha256.Sum256([]byte(pageCSS))
	return Page{HTML: html.Bytes(), Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}, nil
}

// code sets what stands between back quotes as code, and what stands between two
// asterisks strong: the part of Markdown that our document uses.
func code(text string) template.HTML {
	escaped := template.HTMLEscapeString(strings.TrimSpace(text))
	escaped = pairs(escaped, "`", "code")
	return template.HTML(pairs(escaped, "**", "strong")) //nolint:gosec // escaped above
}

// pairs puts an element in place of each pair of marks.
func pairs(text, mark, element string) string {
	parts := strings.Split(text, mark)
	if len(parts)%2 == 0 {
		return text // one has no partner
	}
	var out strings.Builder
	for i, part := range parts {
		if i%2 == 1 {
			part = "<" + element + ">" + part + "</" + element + ">"
		}
		out.WriteString(part)
	}
	return out.String()
}

// prose makes a paragraph of each block of lines.
func prose(text string) template.HTML {
	var out strings.Builder
	for block := range strings.SplitSeq(text, "\n\n") {
		if strings.TrimSpace(block) != "" {
			out.WriteString("<p>" + string(code(block)) + "</p>\n")
		}
	}
	return template.HTML(out.String()) //nolint:gosec // escaped by code
}
