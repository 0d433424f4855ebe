package token_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

func TestKeySetsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	good := jwks(t, "a", ed())
	for name, respond := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				fmt.Fprint(w, good)
				return
			}
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		},
		"redirect with the set in its body": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
			fmt.Fprint(w, good)
		},
		"error with the set in its body": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, good)
		},
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, good, strings.Repeat(" ", 256<<10))
		},
		"endless header": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 128<<10))
			fmt.Fprint(w, good)
		},
		"slow": func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done() // until the gateway gives up
		},
		"cut short":       func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, good[:len(good)-2]) },
		"empty":           func(http.ResponseWriter, *http.Request) {},
		"no keys":         func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) },
		"keys null":       func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":null}`) },
		"keys no list":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":{}}`) },
		"a page":          func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) },
		"duplicate names": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[],`+good[1:]) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, "")
			p.respond(respond)
			f := newFederation(t, p)
			f.want(t, signed(t, "EdDSA", "a", ed()), tenancy.ErrUnavailable)
			p.wantAsked(t, 1)
			if got := f.failures.Load(); got != 1 {
				t.Errorf("failed fetches told of: got %d, want 1", got)
			}
		})
	}
}

func TestUntrustedCertificateIsNotBelieved(t *testing.T) {
	t.Parallel()
	document := jwks(t, "a", ed())
	p := &provider{Server: httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, document) }))}
	p.Config.ErrorLog = nil
	p.StartTLS()
	t.Cleanup(p.Close)
	newFederation(t, p).want(t, signed(t, "EdDSA", "a", ed()), tenancy.ErrUnavailable)
}

func TestEmptyKeySetWithdrawsAll(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "a", ed()))
	f := newFederation(t, p)
	raw := signed(t, "EdDSA", "a", ed())
	f.want(t, raw, nil)
	p.publish(`{"keys":[]}`)
	f.Advance(10 * time.Minute)
	f.want(t, raw, unknownKey)
}

func TestKeysOfASet(t *testing.T) {
	t.Parallel()
	one := func(members string) string {
		var set struct{ Keys []json.RawMessage }
		if err := json.Unmarshal([]byte(jwks(t, "a", ed())), &set); err != nil {
			t.Fatal(err)
		}
		return `{"keys":[` + string(bytes.TrimSuffix(set.Keys[0], []byte("}"))) + members + `}]}`
	}
	plain := strings.Replace(one(""), `"alg":"EdDSA",`, "", 1)
	for name, test := range map[string]struct {
		document string
		alg, kid string
		private  any
		want     error
	}{
		"by kid":                        {jwks(t, "a", ed(), "b", ed()), "EdDSA", "a", ed(), nil},
		"no kid, one key":               {jwks(t, "a", ed()), "EdDSA", "", ed(), nil},
		"no kid, one key that fits":     {jwks(t, "a", ed(), "b", p256(), "c", rsaKey()), "ES256", "", p256(), nil},
		"no kid, two keys that fit":     {jwks(t, "a", rsaKey(), "b", rsaOther()), "RS256", "", rsaKey(), token.Refusal("more than one key fits")},
		"no kid, none that fits":        {jwks(t, "a", ed()), "ES256", "", p256(), unknownKey},
		"one kid, two keys":             {jwks(t, "a", rsaKey(), "a", rsaOther()), "RS256", "a", rsaKey(), token.Refusal("more than one key fits")},
		"one kid, two kinds":            {jwks(t, "a", rsaKey(), "a", ed()), "RS256", "a", rsaKey(), nil},
		"kid of a key without one":      {jwks(t, "", ed()), "EdDSA", "a", ed(), unknownKey},
		"kid in another case":           {jwks(t, "a", ed()), "EdDSA", "A", ed(), unknownKey},
		"RSA key for PS256":             {jwks(t, "a", rsaKey()), "PS256", "a", rsaKey(), nil},
		"RSA key bound to RS256":        {bound(jwks(t, "a", rsaKey()), "RS256"), "PS256", "a", rsaKey(), token.Refusal("key does not fit the algorithm")},
		"RSA key of 1024 bits":          {jwks(t, "a", rsaWeak()), "RS256", "a", rsaWeak(), token.Refusal("key does not fit the algorithm")},
		"P-384 under ES256":             {jwks(t, "a", p384()), "ES256", "a", p256(), token.Refusal("key does not fit the algorithm")},
		"use sig":                       {one(`,"use":"sig"`), "EdDSA", "a", ed(), nil},
		"use enc":                       {one(`,"use":"enc"`), "EdDSA", "a", ed(), unknownKey},
		"key_ops verify":                {one(`,"key_ops":["verify"]`), "EdDSA", "a", ed(), nil},
		"key_ops encrypt":               {one(`,"key_ops":["encrypt"]`), "EdDSA", "a", ed(), unknownKey},
		"duplicate member":              {one(`,"kid":"a"`), "EdDSA", "a", ed(), tenancy.ErrUnavailable},
		"a certificate nobody looks at": {one(`,"x5c":["AAAA"],"x5u":"http://evil.example/"`), "EdDSA", "a", ed(), nil},
		"no alg":                        {plain, "EdDSA", "a", ed(), nil},
		"symmetric key":                 {`{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}`, "EdDSA", "a", ed(), unknownKey},
		"unknown kinds beside":          {strings.Replace(jwks(t, "a", ed()), `[`, `[{"kty":"XYZ"},{"kid":7},"x",{"kty":"RSA","n":"","e":"AQAB"},`, 1), "EdDSA", "a", ed(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederation(t, newProvider(t, test.document))
			f.want(t, signed(t, test.alg, test.kid, test.private), test.want)
		})
	}
}

// bound adds an alg to the one key of a set.
func bound(document, alg string) string {
	return strings.Replace(document, `{"kty"`, `{"alg":"`+alg+`","kty"`, 1)
}
