package token_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

func TestVerifyRefusesOtherSpellings(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base())
	good := hs256(t, accessHeader, accessClaims)
	parts := strings.Split(good, ".")
	header, payload, signature := parts[0], parts[1], parts[2]
	padded := header
	for len(padded)%4 != 0 {
		padded += "="
	}
	for name, test := range map[string]struct {
		raw  string
		want error
	}{
		"as made":                   {good, nil},
		"empty":                     {"", token.Refusal("not three parts of canonical base64url")},
		"opaque":                    {"tgr_8WvDXm0S5nSkb2Q", token.Refusal("not three parts of canonical base64url")},
		"two parts":                 {header + "." + payload, token.Refusal("not three parts of canonical base64url")},
		"no signature":              {header + "." + payload + ".", token.Refusal("not three parts of canonical base64url")},
		"no header":                 {"." + payload + "." + signature, token.Refusal("not three parts of canonical base64url")},
		"no payload":                {header + ".." + signature, token.Refusal("not three parts of canonical base64url")},
		"a fourth part":             {good + ".", token.Refusal("not three parts of canonical base64url")},
		"five parts, a JWE":         {good + ".AA.AA", token.Refusal("not three parts of canonical base64url")},
		"space before":              {" " + good, token.Refusal("not three parts of canonical base64url")},
		"line break after":          {good + "\n", token.Refusal("not three parts of canonical base64url")},
		"line break inside":         {header + "\r\n." + payload + "." + signature, token.Refusal("not three parts of canonical base64url")},
		"padding":                   {padded + "=." + payload + "." + signature, token.Refusal("not three parts of canonical base64url")},
		"standard alphabet":         {header + "." + payload + "." + strings.Repeat("+/", 22)[:43], token.Refusal("not three parts of canonical base64url")},
		"stray bits at the end":     {header + "." + payload + "." + strayBit(signature), token.Refusal("not three parts of canonical base64url")},
		"a length no bytes have":    {header + "." + payload + "." + signature + "AA", token.Refusal("not three parts of canonical base64url")},
		"longer signature":          {header + "." + payload + "." + encode(strings.Repeat("x", 33)), token.Refusal("signature does not match")},
		"changed payload":           {header + "." + encode(claim("tenant_id", `"`+tenant+`"`)) + "." + signature, token.Refusal("signature does not match")},
		"other bytes, same meaning": {encode(accessHeader+" ") + "." + payload + "." + signature, token.Refusal("signature does not match")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := v.Verify(t.Context(), test.raw)
			expect(t, err, test.want)
		})
	}
}

// strayBit sets a bit of the last character that no byte is made of: 43
// characters are 258 bits, two more than a hash has.
func strayBit(signature string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, signature[len(signature)-1])
	return signature[:len(signature)-1] + string(alphabet[last|1])
}

func TestVerifyBoundsTheLength(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base())
	overhead := len(hs256(t, accessHeader, claim("x", `""`)))
	for name, test := range map[string]struct {
		filler int
		want   error
	}{
		"8 KiB":          {(8<<10 - overhead) / 4 * 3, nil},
		"more than that": {(8<<10-overhead)/4*3 + 4, token.Refusal("longer than 8 KiB")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := hs256(t, accessHeader, claim("x", `"`+strings.Repeat("a", test.filler)+`"`))
			_, err := v.Verify(t.Context(), raw)
			expect(t, err, test.want)
		})
	}
}

func TestVerifyRefusesHeaders(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base())
	for name, test := range map[string]struct {
		header string
		want   error
	}{
		"members that only describe": {`{"alg":"HS256","typ":"at+jwt","x5t":"abc","cty":"json","x":[{"y":1}]}`, nil},
		"any kid":                    {`{"alg":"HS256","typ":"at+jwt","kid":"../../etc/passwd"}`, nil},
		"kid a number":               {`{"alg":"HS256","typ":"at+jwt","kid":1}`, token.Refusal("malformed header")},
		"kid with NUL":               {`{"alg":"HS256","typ":"at+jwt","kid":"a\u0000"}`, token.Refusal("malformed header")},
		"no alg":                     {`{"typ":"at+jwt"}`, token.Refusal("algorithm not allowed")},
		"alg null":                   {`{"alg":null,"typ":"at+jwt"}`, token.Refusal("malformed header")},
		"alg a list":                 {`{"alg":["HS256"],"typ":"at+jwt"}`, token.Refusal("malformed header")},
		"none":                       {`{"alg":"none","typ":"at+jwt"}`, token.Refusal("algorithm not allowed")},
		"None":                       {`{"alg":"None","typ":"at+jwt"}`, token.Refusal("algorithm not allowed")},
		"alg in small letters":       {`{"alg":"hs256","typ":"at+jwt"}`, token.Refusal("algorithm not allowed")},
		"another hash":               {`{"alg":"HS512","typ":"at+jwt"}`, token.Refusal("algorithm not allowed")},
		"two algs":                   {`{"alg":"HS256","alg":"HS256","typ":"at+jwt"}`, token.Refusal("malformed header")},
		"two algs, escaped":          {`{"alg":"HS256","\u0061lg":"none","typ":"at+jwt"}`, token.Refusal("malformed header")},
		"crit":                       {`{"alg":"HS256","typ":"at+jwt","crit":["exp"]}`, token.Refusal("header extension that is not supported")},
		"crit empty":                 {`{"alg":"HS256","typ":"at+jwt","crit":[]}`, token.Refusal("header extension that is not supported")},
		"b64":                        {`{"alg":"HS256","typ":"at+jwt","b64":false}`, token.Refusal("header extension that is not supported")},
		"b64 true":                   {`{"alg":"HS256","typ":"at+jwt","b64":true}`, token.Refusal("header extension that is not supported")},
		"jku":                        {`{"alg":"HS256","typ":"at+jwt","jku":"https://evil.example/k"}`, token.Refusal("header extension that is not supported")},
		"jwk":                        {`{"alg":"HS256","typ":"at+jwt","jwk":{"kty":"oct","k":"AA"}}`, token.Refusal("header extension that is not supported")},
		"x5u":                        {`{"alg":"HS256","typ":"at+jwt","x5u":"https://evil.example/k"}`, token.Refusal("header extension that is not supported")},
		"x5c":                        {`{"alg":"HS256","typ":"at+jwt","x5c":["AA"]}`, token.Refusal("header extension that is not supported")},
		"zip":                        {`{"alg":"HS256","typ":"at+jwt","zip":"DEF"}`, token.Refusal("header extension that is not supported")},
		"number too large":           {`{"alg":"HS256","typ":"at+jwt","x":1e400}`, token.Refusal("malformed header")},
		"deep":                       {`{"alg":"HS256","typ":"at+jwt","x":` + nested(16) + `}`, token.Refusal("malformed header")},
		"not an object":              {`"HS256"`, token.Refusal("malformed header")},
		"cut short":                  {`{"alg":"HS256","typ":"at+jwt"`, token.Refusal("malformed header")},
		"more after it":              {`{"alg":"HS256","typ":"at+jwt"}x`, token.Refusal("malformed header")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := v.Verify(t.Context(), hs256(t, test.header, accessClaims))
			expect(t, err, test.want)
		})
	}
}

func TestVerifyKeepsKeysToTheirAlgorithms(t *testing.T) {
	t.Parallel()
	publicDER := must(x509.MarshalPKIXPublicKey(rsaKey().Public()))
	publicText := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})
	rs, ps := trusting(t, rsaKey(), "RS256"), trusting(t, rsaKey(), "PS256")
	for name, test := range map[string]struct {
		config  token.Config
		alg     string
		private any
		want    error
	}{
		"RS256":                            {rs, "RS256", rsaKey(), nil},
		"PS256":                            {ps, "PS256", rsaKey(), nil},
		"ES256":                            {trusting(t, p256(), "ES256"), "ES256", p256(), nil},
		"EdDSA":                            {trusting(t, ed(), "EdDSA"), "EdDSA", ed(), nil},
		"RS256 key under PS256":            {rs, "PS256", rsaKey(), token.Refusal("algorithm not allowed")},
		"PS256 key under RS256":            {ps, "RS256", rsaKey(), token.Refusal("algorithm not allowed")},
		"RSA key under RS512":              {rs, "RS512", rsaKey(), token.Refusal("algorithm not allowed")},
		"PS256 where nothing is said":      {trusting(t, rsaKey()), "PS256", rsaKey(), token.Refusal("algorithm not allowed")},
		"public key as HMAC secret, PEM":   {rs, "HS256", publicText, token.Refusal("algorithm not allowed")},
		"public key as HMAC secret, DER":   {rs, "HS256", publicDER, token.Refusal("algorithm not allowed")},
		"our own secret for their issuer":  {rs, "HS256", []byte(secret), token.Refusal("algorithm not allowed")},
		"another key of the same kind":     {rs, "RS256", rsaOther(), token.Refusal("signature does not match")},
		"another kind that the issuer has": {trusting(t, rsaKey(), "RS256", "EdDSA"), "EdDSA", ed(), token.Refusal("key does not fit the algorithm")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := sign(t, test.alg, test.private, `{"alg":"`+test.alg+`"}`, idpClaims)
			_, err := newVerifier(t, test.config).Verify(t.Context(), raw)
			expect(t, err, test.want)
		})
	}
}

func TestVerifyWithSigningKey(t *testing.T) {
	t.Parallel()
	c := base()
	c.Secret, c.SigningKeyFile = "", privatePEM(t, ed())
	both := base()
	both.SigningKeyFile = c.SigningKeyFile
	public := []byte(ed().Public().(ed25519.PublicKey))
	for name, test := range map[string]struct {
		config token.Config
		raw    string
		want   error
	}{
		"ours":                               {c, sign(t, "EdDSA", ed(), `{"alg":"EdDSA","typ":"at+jwt"}`, accessClaims), nil},
		"ours needs its typ":                 {c, sign(t, "EdDSA", ed(), `{"alg":"EdDSA","typ":"JWT"}`, accessClaims), token.Refusal("not an access token")},
		"ours needs its issuer":              {c, sign(t, "EdDSA", ed(), `{"alg":"EdDSA","typ":"at+jwt"}`, plainClaims), token.Refusal("wrong issuer")},
		"assertion by the same key":          {c, sign(t, "EdDSA", ed(), `{"alg":"EdDSA","typ":"tenantgate-assertion+jwt"}`, accessClaims), token.Refusal("not an access token")},
		"no secret, no HMAC":                 {c, hs256(t, accessHeader, accessClaims), token.Refusal("algorithm not allowed")},
		"HMAC with nothing":                  {c, sign(t, "HS256", []byte{}, accessHeader, accessClaims), token.Refusal("algorithm not allowed")},
		"HMAC with the public key":           {c, sign(t, "HS256", public, accessHeader, accessClaims), token.Refusal("algorithm not allowed")},
		"both: by the key":                   {both, sign(t, "EdDSA", ed(), `{"alg":"EdDSA","typ":"at+jwt"}`, accessClaims), nil},
		"both: by the secret":                {both, hs256(t, accessHeader, accessClaims), nil},
		"both: login service":                {both, hs256(t, plainHeader, plainClaims), nil},
		"both: login service not by the key": {both, sign(t, "EdDSA", ed(), `{"alg":"EdDSA","typ":"JWT"}`, plainClaims), token.Refusal("not an access token")},
		"both: HMAC with the public key":     {both, sign(t, "HS256", public, accessHeader, accessClaims), token.Refusal("signature does not match")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newVerifier(t, test.config).Verify(t.Context(), test.raw)
			expect(t, err, test.want)
		})
	}
}

func TestVerifyKeepsKeysToTheirIssuers(t *testing.T) {
	t.Parallel()
	c := trusting(t, rsaKey())
	c.Trust = append(c.Trust, token.TrustedIssuer{Issuer: "https://other.example", KeyFile: publicPEM(t, rsaOther()), Audience: []string{"calls"}})
	v := newVerifier(t, c)
	header := `{"alg":"RS256","kid":"default"}`
	other := `{"iss":"https://other.example","aud":"calls","sub":"ada","exp":1700000900}`
	for name, test := range map[string]struct {
		raw    string
		issuer string
		want   error
	}{
		"first by its key":    {sign(t, "RS256", rsaKey(), header, idpClaims), idp, nil},
		"second by its key":   {sign(t, "RS256", rsaOther(), header, other), "https://other.example", nil},
		"first by the other":  {sign(t, "RS256", rsaOther(), header, idpClaims), "", token.Refusal("signature does not match")},
		"second by the first": {sign(t, "RS256", rsaKey(), header, other), "", token.Refusal("signature does not match")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := v.Verify(t.Context(), test.raw)
			expect(t, err, test.want)
			if got.Identity.Issuer != test.issuer || got.User != (tenancy.UserID{}) {
				t.Errorf("Verify: got issuer %q and user %s, want issuer %q and nobody", got.Identity.Issuer, got.User, test.issuer)
			}
		})
	}
}
