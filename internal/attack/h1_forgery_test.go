package attack_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// forger makes tokens of bob that are none. Its methods return them by what is
// wrong with them.
type forger struct {
	t       testing.TB
	issuer  *issuer
	key     *rsa.PrivateKey    // the issuer's "default"
	edwards ed25519.PrivateKey // the issuer's "edwards"
	curve   *ecdsa.PrivateKey  // the issuer's "curve", on P-384
	// stranger is a key that nobody publishes.
	stranger *rsa.PrivateKey
}

// theirs and ours are the claims of a good token, of the issuer and of our own.
func (f forger) theirs() claims {
	return claims{
		"iss": f.issuer.name, "aud": f.issuer.name + "-api", "sub": "1", "email": bob, "email_verified": true,
		"exp": soon(),
	}
}

func (f forger) ours() claims {
	return claims{
		"iss": "tenantgate", "aud": "tenantgate", "sub": gatewaytest.Person(f.t, bob).String(),
		"exp": soon(),
	}
}

func (f forger) publicDER() []byte {
	der, err := x509.MarshalPKIXPublicKey(f.key.Public())
	if err != nil {
		f.t.Fatal(err)
	}
	return der
}

// algorithms are tokens under a key, or an algorithm, that is not for them.
func (f forger) algorithms() map[string]string {
	kid, access := head{"kid": "default"}, head{"typ": "at+jwt"}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: f.publicDER()})
	secret := []byte(gatewaytest.Secret)
	return map[string]string{
		"none":                            sign(f.t, kid, f.theirs(), nil),
		"none, ours":                      sign(f.t, access, f.ours(), nil),
		"None":                            sign(f.t, head{"alg": "None"}, f.theirs(), nil),
		"no alg":                          sign(f.t, head{"alg": nil}, f.theirs(), nil),
		"HMAC with the public key as PEM": sign(f.t, kid, f.theirs(), public),
		"HMAC with the public key as DER": sign(f.t, kid, f.theirs(), f.publicDER()),
		"HMAC with the modulus":           sign(f.t, kid, f.theirs(), f.key.N.Bytes()),
		"HMAC with an empty secret":       sign(f.t, access, f.ours(), []byte{}),
		"HMAC with a guess":               sign(f.t, access, f.ours(), []byte("secret")),
		"HMAC with our secret":            sign(f.t, kid, f.theirs(), secret),
		"HS512 with our secret":           sign(f.t, head{"alg": "HS512", "typ": "at+jwt"}, f.ours(), secret),
		"an RS256 key under PS256":        sign(f.t, head{"kid": "default", "alg": "PS256"}, f.theirs(), f.key),
		"an RS256 key under RS512":        sign(f.t, head{"kid": "default", "alg": "RS512"}, f.theirs(), f.key),
		"another's key":                   sign(f.t, kid, f.theirs(), f.stranger),
		"another's key for ours":          sign(f.t, access, f.ours(), f.stranger),
		"the issuer's key for ours":       sign(f.t, access, f.ours(), f.key),
	}
}

// headers are tokens whose header says where a key is, or what they are.
func (f forger) headers() map[string]string {
	certificate := base64.StdEncoding.EncodeToString(f.publicDER())
	all := make(map[string]string)
	for name, header := range map[string]head{
		"no kid":            {},
		"kid of a file":     {"kid": "../../../../dev/null"},
		"kid of SQL":        {"kid": "' UNION SELECT 'x"},
		"jwk in the header": {"kid": "default", "jwk": jwk("default", f.stranger.Public())},
		"jku":               {"kid": "default", "jku": f.issuer.url},
		"x5u":               {"kid": "default", "x5u": f.issuer.url},
		"x5c":               {"kid": "default", "x5c": []string{certificate}},
	} {
		all[name] = sign(f.t, header, f.theirs(), f.stranger)
	}
	for name, header := range map[string]head{
		"the other kid": {"kid": "edwards"},
		"crit":          {"kid": "default", "crit": []string{"exp"}},
		"b64":           {"kid": "default", "b64": false, "crit": []string{"b64"}},
		"zip":           {"kid": "default", "zip": "DEF"},
		"jku, true key": {"kid": "default", "jku": f.issuer.url},
		"jwk, true key": {"kid": "default", "jwk": jwk("default", f.key.Public())},
		"ID token":      {"kid": "default", "typ": "id_token"},
		"assertion":     {"kid": "default", "typ": "tenantgate-assertion+jwt"},
		"logout token":  {"kid": "default", "typ": "logout+jwt"},
		"encrypted":     {"kid": "default", "typ": "JWE"},
	} {
		all["header: "+name] = sign(f.t, header, f.theirs(), f.key)
	}
	return all
}

// claims are tokens that are signed as they should be and say something wrong.
func (f forger) claims() map[string]string {
	earlier := time.Now().Add(-time.Hour).Unix()
	all := make(map[string]string)
	for name, change := range map[string]claims{
		"nonce": {"nonce": "x"}, "at_hash": {"at_hash": "x"}, "events": {"events": claims{}},
		"token_use": {"token_use": "refresh"}, "token_type": {"token_type": "id_token"}, "typ": {"typ": "Refresh"},
		"no exp": {"exp": nil}, "exp of text": {"exp": fmt.Sprint(soon())}, "exp of null": {"exp": json.RawMessage("null")},
		"exp of 1e400": {"exp": json.RawMessage("1e400")}, "exp of 1e18": {"exp": json.RawMessage("1e18")},
		"exp below zero": {"exp": -1}, "exp past": {"exp": earlier}, "nbf to come": {"nbf": soon()}, "iat to come": {"iat": soon()},
		"no sub": {"sub": nil}, "empty sub": {"sub": ""}, "sub of a number": {"sub": 1}, "sub of 300 bytes": {"sub": strings.Repeat("x", 300)},
		"sub that is our user's id": {"sub": gatewaytest.Person(f.t, alice).String(), "email": nil},
		"deep":                      {"x": json.RawMessage(strings.Repeat("[", 2000) + strings.Repeat("]", 2000))},
		"8 KiB":                     {"x": strings.Repeat("x", 8<<10)},
		"tenant_id of a slug":       {"tenant_id": "acme"},
	} {
		payload := f.theirs()
		maps.Copy(payload, change)
		maps.DeleteFunc(payload, func(_ string, value any) bool { return value == nil })
		all["claims: "+name] = sign(f.t, head{"kid": "default"}, payload, f.key)
	}
	return all
}

// forms are a good token, taken apart and put together in another way.
func (f forger) forms() map[string]string {
	honest := sign(f.t, head{"kid": "default"}, f.theirs(), f.key)
	parts := strings.Split(honest, ".")
	header, payload, signature := parts[0], parts[1], parts[2]
	last := honest[len(honest)-1]
	return map[string]string{
		"form: no signature":           header + "." + payload + ".",
		"form: two parts":              header + "." + payload,
		"form: four parts":             honest + ".x",
		"form: five parts":             honest + "." + payload + "." + signature,
		"form: padding":                honest + "=",
		"form: space":                  header + " ." + payload + "." + signature,
		"form: other header":           encode(`{"alg":"none","kid":"default"}`) + "." + payload + "." + signature,
		"form: other payload":          header + "." + encode(strings.Replace(decode(f.t, payload), bob, alice, 1)) + "." + signature,
		"form: bits after the end":     honest[:len(honest)-1] + string(last+1),
		"form: a signature of zeros":   header + "." + payload + "." + encode(strings.Repeat("\x00", 256)),
		"form: half a signature":       honest[:len(honest)-100],
		"form: dots":                   "..",
		"form: one dot":                ".",
		"form: empty objects":          encode("{}") + "." + encode("{}") + "." + encode("x"),
		"form: JSON serialization":     `{"payload":"` + payload + `"}`,
		"form: base64 of another kind": strings.NewReplacer("-", "+", "_", "/").Replace(honest) + "==",
	}
}

// texts are tokens that are signed as they should be, over claims that two JSON
// parsers read differently.
func (f forger) texts() map[string]string {
	honest, err := json.Marshal(f.theirs())
	if err != nil {
		f.t.Fatal(err)
	}
	text := string(honest)
	all := make(map[string]string)
	for name, text := range map[string]string{
		"duplicate sub":    strings.Replace(text, "{", `{"sub":"2",`, 1),
		"duplicate exp":    strings.Replace(text, "{", `{"exp":1,`, 1),
		"SUB in capitals":  strings.Replace(text, `"sub"`, `"SUB"`, 1),
		"escaped twice":    strings.Replace(text, "{", `{"s\u0075b":"2",`, 1),
		"after the end":    text + "{}",
		"invalid UTF-8":    strings.Replace(text, `"1"`, "\"1\xff\"", 1),
		"byte order mark":  "\ufeff" + text,
		"comment":          "/**/" + text,
		"array":            "[" + text + "]",
		"trailing comma":   strings.Replace(text, "}", ",}", 1),
		"a half surrogate": strings.Replace(text, `"1"`, `"1\ud800"`, 1),
	} {
		signed := encode(`{"alg":"EdDSA","kid":"edwards"}`) + "." + encode(text)
		signature, err := f.edwards.Sign(nil, []byte(signed), crypto.Hash(0))
		if err != nil {
			f.t.Fatal(err)
		}
		all["JSON: "+name] = signed + "." + encode(string(signature))
	}
	return all
}

// curves are tokens under keys of another curve than their algorithm's.
func (f forger) curves() map[string]string {
	all := make(map[string]string)
	payload, err := json.Marshal(f.theirs())
	if err != nil {
		f.t.Fatal(err)
	}
	for alg, hash := range map[string]crypto.Hash{"ES256": crypto.SHA256, "ES384": crypto.SHA384, "ES512": crypto.SHA512, "EdDSA": crypto.SHA256, "RS256": crypto.SHA256} {
		signed := encode(`{"alg":"`+alg+`","kid":"curve"}`) + "." + encode(string(payload))
		digest := hash.New()
		digest.Write([]byte(signed))
		r, s, err := ecdsa.Sign(rand.Reader, f.curve, digest.Sum(nil))
		if err != nil {
			f.t.Fatal(err)
		}
		signature := make([]byte, 96)
		r.FillBytes(signature[:48])
		s.FillBytes(signature[48:])
		all["a P-384 key under "+alg] = signed + "." + encode(string(signature))
	}
	return all
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func decode(t testing.TB, s string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
