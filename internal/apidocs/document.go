// Package apidocs makes a page for people of an OpenAPI document. The page is
// HTML and a style sheet: it runs no script and asks for nothing from elsewhere.
package apidocs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is what the page shows of an OpenAPI document.
type document struct {
	Info struct {
		Title, Version, Description string
	}
	Tags  []struct{ Name, Description string }
	Paths map[string]struct {
		Parameters                    []parameter
		Get, Post, Put, Patch, Delete *operation
	}
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]response
		Schemas    map[string]schema
	}
}

type operation struct {
	ID          string `yaml:"operationId"`
	Tags        []string
	Summary     string
	Description string
	Codes       []string `yaml:"x-problem-codes"`
	Security    *[]any
	Parameters  []parameter
	RequestBody *struct{ Content map[string]media } `yaml:"requestBody"`
	Responses   map[string]response

	Method, Path string `yaml:"-"`
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name, In    string
	Required    bool
	Description string
	Schema      schema
}

type response struct {
	Ref         string `yaml:"$ref"`
	Description string
	Content     map[string]media
}

type media struct {
	Schema   schema
	Example  any
	Examples map[string]struct{ Value any }
}

type schema struct {
	Ref         string `yaml:"$ref"`
	Type        any
	Description string
	Enum        []any
	Required    []string
	Properties  map[string]schema
	Items       *schema
	OneOf       []schema `yaml:"oneOf"`
	AnyOf       []schema `yaml:"anyOf"`
	Minimum     *int64
	Maximum     *int64
	MinLength   *int `yaml:"minLength"`
	MaxLength   *int `yaml:"maxLength"`
}

func parse(text []byte) (*document, error) {
	var d document
	if err := yaml.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	return &d, nil
}

// Operations returns those of a tag, by path.
func (d *document) Operations(tag string) []operation {
	var list []operation
	for path, item := range d.Paths {
		for method, o := range map[string]*operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if o == nil || !slices.Contains(o.Tags, tag) {
				continue
			}
			shown := *o
			shown.Method, shown.Path = method, path
			shown.Parameters = nil
			for _, p := range append(slices.Clone(item.Parameters), o.Parameters...) {
				shown.Parameters = append(shown.Parameters, d.parameter(p))
			}
			list = append(list, shown)
		}
	}
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
	return list
}

func (d *document) parameter(p parameter) parameter {
	if p.Ref != "" {
		return d.Components.Parameters[name(p.Ref)]
	}
	return p
}

// Answer follows the reference of a response.
func (d *document) Answer(r response) response {
	if r.Ref != "" {
		return d.Components.Responses[name(r.Ref)]
	}
	return r
}

// name is the last part of a reference.
func name(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// Name is the component that the schema refers to, or nothing.
func (s schema) Name() string {
	if s.Ref == "" {
		return ""
	}
	return name(s.Ref)
}

// Kind says in a few words what values the schema takes, components left out.
func (s schema) Kind() string {
	var words []string
	switch kind := s.Type.(type) {
	case string:
		words = append(words, kind)
	case []any:
		words = append(words, strings.ReplaceAll(strings.Trim(fmt.Sprint(kind), "[]"), " ", " or "))
	}
	if len(s.Enum) > 0 {
		words = append(words, "one of "+strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Enum), " ", ", "), "[]"))
	}
	words = append(words, bounds("", s.Minimum, s.Maximum), bounds(" characters", s.MinLength, s.MaxLength))
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}

func bounds[N int | int64](of string, from, to *N) string {
	switch {
	case from != nil && to != nil:
		return fmt.Sprintf("%d to %d%s", *from, *to, of)
	case from != nil:
		return fmt.Sprintf("%d%s or more", *from, of)
	case to != nil:
		return fmt.Sprintf("at most %d%s", *to, of)
	}
	return ""
}

// Choices are the schemas of which one, or any, holds.
func (s schema) Choices() []schema { return append(slices.Clone(s.OneOf), s.AnyOf...) }

// Needs reports whether an object has to have the member.
func (s schema) Needs(member string) bool { return slices.Contains(s.Required, member) }

// Shown are the examples of a body, as JSON.
func (m media) Shown() ([]string, error) {
	values := []any{}
	if m.Example != nil {
		values = append(values, m.Example)
	}
	for _, key := range slices.Sorted(maps.Keys(m.Examples)) {
		values = append(values, m.Examples[key].Value)
	}
	shown := make([]string, len(values))
	for i, value := range values {
		text, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return nil, err
		}
		shown[i] = string(text)
	}
	return shown, nil
}
