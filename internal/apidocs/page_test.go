package apidocs_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate"
	"github.com/tenantgate/tenantgate/internal/apidocs"
	"github.com/tenantgate/tenantgate/internal/contract"
)

func TestThePageShowsTheContract(t *testing.T) {
	t.Parallel()
	page, err := apidocs.Render(tenantgate.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range document.Operations {
		if !bytes.Contains(page.HTML, []byte(`<section id="`+o.OperationID+`">`)) || !bytes.Contains(page.HTML, []byte("<b>"+o.Method+"</b> "+o.Path+"<")) {
			t.Errorf("%s %s is not on the page", o.Method, o.Path)
		}
	}
	ids := map[string]bool{}
	for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllSubmatch(page.HTML, -1) {
		if ids[string(id[1])] {
			t.Errorf("the id %s is there twice", id[1])
		}
		ids[string(id[1])] = true
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllSubmatch(page.HTML, -1) {
		if !ids[string(link[1])] {
			t.Errorf("a link leads to #%s, which is not there", link[1])
		}
	}
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	page, err := apidocs.Render(tenantgate.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?i)<script|<link|<img|<iframe| src=|@import|url\(| on[a-z]+=| style=`).Find(page.HTML); found != nil {
		t.Errorf("the page has %q", found)
	}
	if !strings.HasPrefix(page.Policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(page.Policy, "unsafe") {
		t.Errorf("policy %q", page.Policy)
	}
}

func TestRenderEscapes(t *testing.T) {
	t.Parallel()
	page, err := apidocs.Render([]byte("info: {title: '<script>', description: 'a <b> `c<d`'}"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page.HTML, []byte("&lt;script&gt;")) || !bytes.Contains(page.HTML, []byte("a &lt;b&gt; <code>c&lt;d</code>")) {
		t.Errorf("got %s", page.HTML)
	}
	if _, err := apidocs.Render([]byte("\t")); err == nil {
		t.Error("what is no YAML was accepted")
	}
}
