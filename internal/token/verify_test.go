package token_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// at is a time of the tests' epoch.
func at(seconds int64) time.Time { return time.Unix(epoch+seconds, 0).UTC() }

func TestVerifyReadsTheSubject(t *testing.T) {
	t.Parallel()
	c := trusting(t, p256())
	c.Trust[0].Provision = true
	v := newVerifier(t, c)
	tenantID, sessionID := must(tenancy.ParseTenantID(tenant)), must(tenancy.ParseSessionID(session))
	for name, test := range map[string]struct {
		raw  string
		want tenancy.Subject
	}{
		"ours": {
			hs256(t, accessHeader, `{"iss":"tenantgate","aud":["other","tenantgate"],"sub":"`+user+`","tenant_id":"`+tenant+`","sid":"`+session+`","iat":1699999990,"exp":1700000900,"jti":"x"}`),
			tenancy.Subject{User: userID(t), Tenant: tenantID, Session: sessionID, IssuedAt: at(-10), ExpiresAt: at(900)},
		},
		"ours, of no tenant and no session": {
			hs256(t, accessHeader, accessClaims),
			tenancy.Subject{User: userID(t), ExpiresAt: at(900)},
		},
		"login service, the least": {
			hs256(t, `{"alg":"HS256"}`, plainClaims),
			tenancy.Subject{User: userID(t), ExpiresAt: at(900)},
		},
		"login service, with a tenant, and a session that is not ours": {
			hs256(t, plainHeader, `{"sub":"`+user+`","exp":1700000900.5,"tenant_id":"`+tenant+`","sid":"`+session+`","type":"access","roles":["admin"]}`),
			tenancy.Subject{User: userID(t), Tenant: tenantID, ExpiresAt: at(900).Add(time.Second / 2)},
		},
		"login service, nulls": {
			hs256(t, plainHeader, `{"sub":"`+user+`","exp":1700000900,"tenant_id":null,"sid":null,"email":null,"name":null,"email_verified":null}`),
			tenancy.Subject{User: userID(t), ExpiresAt: at(900)},
		},
		"outside issuer": {
			sign(t, "ES256", p256(), `{"alg":"ES256","typ":"JWT","kid":"whatever"}`, `{"iss":"`+idp+`","aud":"calls-api","sub":"ada","exp":1700000900,"iat":1700000000,"email":"Ada@example.com","email_verified":true,"name":"Ada L.","sid":"theirs"}`),
			tenancy.Subject{
				Identity: tenancy.Identity{Issuer: idp, Subject: "ada", Email: "Ada@example.com", EmailVerified: true, Name: "Ada L.", Provision: true},
				IssuedAt: at(0), ExpiresAt: at(900),
			},
		},
		"outside issuer, address not verified": {
			sign(t, "ES256", p256(), `{"alg":"ES256","typ":"application/AT+JWT"}`, `{"iss":"`+idp+`","aud":["calls"],"sub":"ada","exp":1700000900,"email":"ada@example.com","email_verified":1}`),
			tenancy.Subject{
				Identity:  tenancy.Identity{Issuer: idp, Subject: "ada", Email: "ada@example.com", Provision: true},
				ExpiresAt: at(900),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := v.Verify(t.Context(), test.raw)
			if err != nil {
				t.Fatalf("Verify: %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("subject (-want +got):\n%s", diff)
			}
		})
	}
}

// claim returns the claims of a good token of ours with one replaced or added:
// the last of two equal names would be refused, so exactly one is there.
func claim(name, value string) string {
	members := map[string]string{
		"iss": `"tenantgate"`, "aud": `"tenantgate"`, "sub": `"` + user + `"`, "exp": "1700000900",
	}
	if members[name] = value; value == "" {
		delete(members, name)
	}
	text := "{"
	for name, value := range members {
		if text != "{" {
			text += ","
		}
		text += `"` + name + `":` + value
	}
	return text + "}"
}

func TestVerifyChecksClaims(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base())
	for name, test := range map[string]struct {
		claims string
		want   error // nil: allowed
	}{
		"good":                      {claim("jti", `"x"`), nil},
		"issuer missing":            {claim("iss", ""), token.Refusal("wrong issuer")},
		"issuer of another":         {claim("iss", `"tenantgate.evil"`), token.Refusal("wrong issuer")},
		"issuer in another case":    {claim("iss", `"Tenantgate"`), token.Refusal("wrong issuer")},
		"issuer a number":           {claim("iss", `1`), token.Refusal("malformed claims")},
		"audience missing":          {claim("aud", ""), token.Refusal("wrong audience")},
		"audience empty":            {claim("aud", `[]`), token.Refusal("wrong audience")},
		"audience of another":       {claim("aud", `"billing"`), token.Refusal("wrong audience")},
		"audience of the assertion": {claim("aud", `"tenantgate-upstream"`), token.Refusal("wrong audience")},
		"audience among others":     {claim("aud", `["a","tenantgate"]`), nil},
		"audience with a number":    {claim("aud", `["tenantgate",1]`), token.Refusal("malformed claims")},
		"audience nested":           {claim("aud", `[["tenantgate"]]`), token.Refusal("malformed claims")},
		"audience an object":        {claim("aud", `{"tenantgate":1}`), token.Refusal("malformed claims")},
		"subject missing":           {claim("sub", ""), token.Refusal("missing or malformed subject")},
		"subject no uuid":           {claim("sub", `"ada"`), token.Refusal("missing or malformed subject")},
		"subject nobody":            {claim("sub", `"00000000-0000-0000-0000-000000000000"`), token.Refusal("missing or malformed subject")},
		"subject null":              {claim("sub", `null`), token.Refusal("malformed claims")},
		"tenant no uuid":            {claim("tenant_id", `"acme"`), token.Refusal("malformed claims")},
		"tenant empty":              {claim("tenant_id", `""`), token.Refusal("malformed claims")},
		"session no uuid":           {claim("sid", `"s"`), token.Refusal("malformed session")},
		"name with a line break":    {claim("name", `"a\nb"`), token.Refusal("malformed claims")},
		"name with NUL":             {claim("name", `"a\u0000b"`), token.Refusal("malformed claims")},
		"claim in capitals":         {claim("SUB", `"ada"`), nil},
		"nonce under at+jwt":        {claim("nonce", `"n"`), nil},
		"not an object":             {`[]`, token.Refusal("malformed claims")},
		"two objects":               {claim("jti", `"x"`) + `{}`, token.Refusal("malformed claims")},
		"white space around":        {" \n" + claim("jti", `"x"`) + "\t ", nil},
		"duplicate":                 {`{"exp":1,"exp":1700000900}`, token.Refusal("malformed claims")},
		"duplicate, escaped":        {claim(`\u0073ub`, `"`+user+`"`), token.Refusal("malformed claims")},
		"duplicate, deep":           {claim("x", `[{"a":1,"a":2}]`), token.Refusal("malformed claims")},
		"number too large":          {claim("x", `1e400`), token.Refusal("malformed claims")},
		"number too large, deep":    {claim("x", `{"y":[-1e400]}`), token.Refusal("malformed claims")},
		"number large":              {claim("x", `1e300`), nil},
		"sixteen deep":              {claim("x", nested(15)), nil},
		"seventeen deep":            {claim("x", nested(16)), token.Refusal("malformed claims")},
		"thousands deep":            {claim("x", nested(2500)), token.Refusal("malformed claims")},
		"invalid UTF-8":             {claim("x", "\"\xff\""), token.Refusal("malformed claims")},
		"lone surrogate":            {claim("x", `"\ud800"`), token.Refusal("malformed claims")},
		"byte order mark":           {"\ufeff" + claim("x", `1`), token.Refusal("malformed claims")},
		"trailing comma":            {`{"sub":"` + user + `",}`, token.Refusal("malformed claims")},
		"not a number":              {claim("x", `NaN`), token.Refusal("malformed claims")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := v.Verify(t.Context(), hs256(t, accessHeader, test.claims))
			expect(t, err, test.want)
		})
	}
}

func nested(depth int) string {
	open, shut := make([]byte, depth), make([]byte, depth)
	for i := range depth {
		open[i], shut[i] = '[', ']'
	}
	return string(open) + string(shut)
}

// expect compares the error of Verify with the one wanted.
func expect(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("Verify: got %v, want %v", got, want)
	}
	if reason, refused := want.(token.Refusal); refused && (!errors.Is(got, token.ErrInvalid) || errors.Is(got, token.ErrExpired)) {
		t.Errorf("Verify: %q is not ErrInvalid alone", reason)
	}
}

func TestVerifyChecksTimes(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base()) // leeway 30s
	for name, test := range map[string]struct {
		name, value string
		want        error
	}{
		"expiry missing":               {"exp", "", token.Refusal("no expiry")},
		"expiry null":                  {"exp", "null", token.Refusal("malformed claims")},
		"expiry a string":              {"exp", `"1700000900"`, token.Refusal("malformed claims")},
		"expiry negative":              {"exp", "-1", token.Refusal("malformed claims")},
		"expiry with an exponent":      {"exp", "17e8", token.Refusal("malformed claims")},
		"expiry beyond numbers":        {"exp", "1e400", token.Refusal("malformed claims")},
		"expiry in the year 9999":      {"exp", "253402300799", nil},
		"expiry in the year 10000":     {"exp", "253402300800", token.Refusal("malformed claims")},
		"expiry that wraps around":     {"exp", "18446744073709551617", token.Refusal("malformed claims")},
		"expiry with a fraction":       {"exp", "1700000900.123456789", nil},
		"expiry with a long fraction":  {"exp", "1700000900.1234567890", token.Refusal("malformed claims")},
		"expired within the leeway":    {"exp", "1699999971", nil},
		"expired at the leeway":        {"exp", "1699999970", token.ErrExpired},
		"expired in 1970":              {"exp", "0", token.ErrExpired},
		"expired by a fraction":        {"exp", "1699999969.999", token.ErrExpired},
		"not before, within leeway":    {"nbf", "1700000030", nil},
		"not before, beyond leeway":    {"nbf", "1700000031", token.Refusal("not valid yet")},
		"not before, a string":         {"nbf", `"0"`, token.Refusal("malformed claims")},
		"not before, null":             {"nbf", `null`, token.Refusal("malformed claims")},
		"issued, within leeway":        {"iat", "1700000030", nil},
		"issued in the future":         {"iat", "1700000030.5", token.Refusal("issued in the future")},
		"issued long ago":              {"iat", "0", nil},
		"issued, milliseconds by slip": {"iat", "1700000000000", token.Refusal("malformed claims")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := v.Verify(t.Context(), hs256(t, accessHeader, claim(test.name, test.value)))
			expect(t, err, test.want)
		})
	}
}

func TestVerifyRefusesForgedBeforeExpired(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base())
	forged := sign(t, "HS256", []byte("not the secret"), accessHeader, claim("exp", "1"))
	_, err := v.Verify(t.Context(), forged)
	expect(t, err, token.Refusal("signature does not match"))
}

func TestVerifyTellsTokenKindsApart(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base())
	for name, test := range map[string]struct {
		header, claims string
		want           error
	}{
		"access token":            {accessHeader, accessClaims, nil},
		"full media type":         {`{"alg":"HS256","typ":"application/at+jwt"}`, accessClaims, nil},
		"JWT in small letters":    {`{"alg":"HS256","typ":"jwt"}`, plainClaims, nil},
		"gateway assertion":       {`{"alg":"HS256","typ":"tenantgate-assertion+jwt"}`, accessClaims, token.Refusal("not an access token")},
		"logout token":            {`{"alg":"HS256","typ":"logout+jwt"}`, accessClaims, token.Refusal("not an access token")},
		"refresh token by typ":    {`{"alg":"HS256","typ":"rt+jwt"}`, accessClaims, token.Refusal("not an access token")},
		"typ empty":               {`{"alg":"HS256","typ":""}`, plainClaims, token.Refusal("not an access token")},
		"typ a list":              {`{"alg":"HS256","typ":["at+jwt"]}`, accessClaims, token.Refusal("malformed header")},
		"id_token by nonce":       {plainHeader, claim("nonce", `"n"`), token.Refusal("not an access token")},
		"id_token by at_hash":     {plainHeader, claim("at_hash", `"h"`), token.Refusal("not an access token")},
		"id_token by c_hash":      {plainHeader, claim("c_hash", `"h"`), token.Refusal("not an access token")},
		"id_token by token_use":   {plainHeader, claim("token_use", `"id"`), token.Refusal("not an access token")},
		"id_token by typ claim":   {plainHeader, claim("typ", `"ID"`), token.Refusal("not an access token")},
		"security event":          {plainHeader, claim("events", `{}`), token.Refusal("not an access token")},
		"refresh token by type":   {plainHeader, claim("type", `"refresh"`), token.Refusal("not an access token")},
		"password reset":          {plainHeader, claim("token_type", `"reset_password"`), token.Refusal("not an access token")},
		"access token by type":    {plainHeader, claim("type", `"access"`), nil},
		"access token by claim":   {plainHeader, claim("typ", `"Bearer"`), nil},
		"type that is no string":  {plainHeader, claim("type", `7`), nil},
		"marker hidden in a list": {plainHeader, claim("x", `{"nonce":1}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := v.Verify(t.Context(), hs256(t, test.header, test.claims))
			expect(t, err, test.want)
		})
	}
}

func TestVerifyHoldsLoginServiceToWhatIsConfigured(t *testing.T) {
	t.Parallel()
	loose, tight := base(), base()
	tight.Issuer, tight.Audience = "https://login.example", "calls"
	for name, test := range map[string]struct {
		config token.Config
		claims string
		want   error
	}{
		"nothing configured, nothing said": {loose, plainClaims, nil},
		"nothing configured, all said":     {loose, `{"iss":"login","aud":"x","sub":"` + user + `","exp":1700000900}`, nil},
		"configured and right":             {tight, `{"iss":"https://login.example","aud":"calls","sub":"` + user + `","exp":1700000900}`, nil},
		"configured, issuer missing":       {tight, `{"aud":"calls","sub":"` + user + `","exp":1700000900}`, token.Refusal("wrong issuer")},
		"configured, issuer wrong":         {tight, `{"iss":"tenantgate","aud":"calls","sub":"` + user + `","exp":1700000900}`, token.Refusal("wrong issuer")},
		"configured, audience missing":     {tight, `{"iss":"https://login.example","sub":"` + user + `","exp":1700000900}`, token.Refusal("wrong audience")},
		"configured, audience wrong":       {tight, `{"iss":"https://login.example","aud":"tenantgate","sub":"` + user + `","exp":1700000900}`, token.Refusal("wrong audience")},
		"no expiry":                        {loose, `{"sub":"` + user + `"}`, token.Refusal("no expiry")},
		"no subject":                       {loose, `{"exp":1700000900}`, token.Refusal("missing or malformed subject")},
		"subject no user of ours":          {loose, `{"sub":"ada@example.com","exp":1700000900}`, token.Refusal("missing or malformed subject")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newVerifier(t, test.config).Verify(t.Context(), hs256(t, plainHeader, test.claims))
			expect(t, err, test.want)
		})
	}
}

func TestVerifyHoldsOutsideIssuers(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, trusting(t, ed()))
	for name, test := range map[string]struct {
		header, claims string
		want           error
	}{
		"good":                   {`{"alg":"EdDSA","typ":"at+jwt"}`, idpClaims, nil},
		"no typ":                 {`{"alg":"EdDSA"}`, idpClaims, nil},
		"our issuer, their key":  {`{"alg":"EdDSA","typ":"at+jwt"}`, accessClaims, token.Refusal("algorithm not allowed")},
		"no issuer":              {`{"alg":"EdDSA"}`, `{"aud":"calls","sub":"ada","exp":1700000900}`, token.Refusal("algorithm not allowed")},
		"issuer with a slash":    {`{"alg":"EdDSA"}`, `{"iss":"` + idp + `/","aud":"calls","sub":"ada","exp":1700000900}`, token.Refusal("algorithm not allowed")},
		"audience of ours":       {`{"alg":"EdDSA"}`, `{"iss":"` + idp + `","aud":"tenantgate","sub":"ada","exp":1700000900}`, token.Refusal("wrong audience")},
		"no audience":            {`{"alg":"EdDSA"}`, `{"iss":"` + idp + `","sub":"ada","exp":1700000900}`, token.Refusal("wrong audience")},
		"no subject":             {`{"alg":"EdDSA"}`, `{"iss":"` + idp + `","aud":"calls","exp":1700000900}`, token.Refusal("missing or malformed subject")},
		"endless subject":        {`{"alg":"EdDSA"}`, `{"iss":"` + idp + `","aud":"calls","sub":"` + string(make256()) + `","exp":1700000900}`, token.Refusal("missing or malformed subject")},
		"logout token":           {`{"alg":"EdDSA","typ":"logout+jwt"}`, idpClaims, token.Refusal("not an access token")},
		"assertion":              {`{"alg":"EdDSA","typ":"tenantgate-assertion+jwt"}`, idpClaims, token.Refusal("not an access token")},
		"id_token":               {`{"alg":"EdDSA","typ":"JWT"}`, `{"iss":"` + idp + `","aud":"calls","sub":"ada","exp":1700000900,"nonce":"n"}`, token.Refusal("not an access token")},
		"no expiry":              {`{"alg":"EdDSA"}`, `{"iss":"` + idp + `","aud":"calls","sub":"ada"}`, token.Refusal("no expiry")},
		"tenant of another kind": {`{"alg":"EdDSA"}`, `{"iss":"` + idp + `","aud":"calls","sub":"ada","exp":1700000900,"tenant_id":"acme"}`, token.Refusal("malformed claims")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := v.Verify(t.Context(), sign(t, "EdDSA", ed(), test.header, test.claims))
			expect(t, err, test.want)
		})
	}
}

func make256() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = 'a'
	}
	return b
}
