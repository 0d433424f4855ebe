package token_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/token"
)

// readVectors reads a file of public test vectors. They are not part of the
// project: where they are absent, it prints how many cases do not run.
func readVectors(t *testing.T, name string, cases int, to any) bool {
	t.Helper()
	folder := os.Getenv("TENANTGATE_VECTORS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "vectors")
	}
	data, err := os.ReadFile(filepath.Join(folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Printf("vectors: %s is not there, %d cases did not run (set TENANTGATE_VECTORS)\n", name, cases)
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	return true
}

// wycheproof is what its files have in common.
type wycheproof struct {
	TestGroups []struct {
		Comment         string
		Public, Private json.RawMessage
		PublicKeyDer    string
		TagSize         int
		Tests           []struct {
			TcID               int
			Comment, Result    string
			JWS                any
			Key, Msg, Sig, Tag string
		}
	}
}

// check compares a verdict with the one a vector wants.
func check(t *testing.T, id int, comment, result string, err error) {
	t.Helper()
	switch {
	case result == "valid" && err != nil:
		t.Errorf("%d %s: got %v, want it accepted", id, comment, err)
	case result == "invalid" && err == nil:
		t.Errorf("%d %s: accepted, want it refused", id, comment)
	}
}

func TestWycheproofJWS(t *testing.T) {
	t.Parallel()
	// Mismarked, see the README beside the vectors.
	mismarked := []int{367, 370, 372, 373}
	supported := []string{"HS256", "RS256", "PS256", "ES256", "EdDSA"}
	var file wycheproof
	if !readVectors(t, "wycheproof/json_web_signature_test.json", 373, &file) {
		return
	}
	for _, group := range file.TestGroups {
		jwk := group.Public
		if jwk == nil {
			jwk = group.Private
		}
		var secret struct{ K string }
		if err := json.Unmarshal(jwk, &secret); err != nil {
			t.Fatal(err)
		}
		for _, test := range group.Tests {
			jws, isText := test.JWS.(string)
			if !isText || slices.Contains(mismarked, test.TcID) {
				continue
			}
			var err error
			if secret.K != "" {
				err = token.CheckHMAC(jws, []byte(decode64(secret.K)))
			} else {
				err = token.CheckJWS(jws, []byte(`{"keys":[`+string(jwk)+`]}`))
			}
			want := test.Result
			// RS384 and others are not ours, and no claims set is empty.
			if !slices.Contains(supported, token.HeaderAlgorithm(jws)) || test.Comment == "emptyPayload" {
				want = "invalid"
			}
			check(t, test.TcID, group.Comment+" "+test.Comment, want, err)
		}
	}
}

func decode64(s string) string {
	return string(must(base64.RawURLEncoding.DecodeString(s)))
}

func TestWycheproofKeySets(t *testing.T) {
	t.Parallel()
	var file wycheproof
	if !readVectors(t, "wycheproof/json_web_key_test.json", 26, &file) {
		return
	}
	for _, group := range file.TestGroups {
		for _, test := range group.Tests {
			set, want := group.Public, test.Result
			if set == nil {
				// A set with secrets in it is nothing we take from anybody.
				set, want = group.Private, "invalid"
			}
			// A modulus of the ROCA kind is not looked for: issuers are configured,
			// and one that publishes a broken key has lost its tokens anyway.
			if test.Comment == "rejectsKeyWithRocaVulnerability" {
				continue
			}
			check(t, test.TcID, group.Comment+" "+test.Comment, want, token.CheckJWS(test.JWS.(string), set))
		}
	}
}

func TestWycheproofSignatures(t *testing.T) {
	t.Parallel()
	for _, file := range []struct {
		name, alg string
		cases     int
	}{
		{"ecdsa_secp256r1_sha256_p1363_test.json", "ES256", 262},
		{"ed25519_test.json", "EdDSA", 151},
		{"rsa_signature_2048_sha256_test.json", "RS256", 259},
		{"hmac_sha256_test.json", "HS256", 174},
	} {
		t.Run(file.alg, func(t *testing.T) {
			t.Parallel()
			var vectors wycheproof
			if !readVectors(t, "wycheproof/"+file.name, file.cases, &vectors) {
				return
			}
			for _, group := range vectors.TestGroups {
				for _, test := range group.Tests {
					var material any = unhex(test.Key)
					if group.PublicKeyDer != "" {
						material = must(x509.ParsePKIXPublicKey(unhex(group.PublicKeyDer)))
					}
					want := test.Result
					if group.TagSize != 0 && group.TagSize != 256 {
						want = "invalid" // a MAC cut short
					}
					err := token.CheckSignature(file.alg, unhex(test.Msg), unhex(test.Sig+test.Tag), material)
					check(t, test.TcID, test.Comment, want, err)
				}
			}
		})
	}
}

func unhex(s string) []byte { return must(hex.DecodeString(s)) }

// Whole tokens whose RSA signature has an encoded message that a sloppy
// verifier takes for PKCS #1 v1.5 (Bleichenbacher's forgery and its kin).
func TestRS256EncodedMessages(t *testing.T) {
	t.Parallel()
	var file struct {
		Templates []struct {
			TcID        int
			Comment, EM string
		}
	}
	if !readVectors(t, "rs256_em_templates.json", 213, &file) {
		return
	}
	v := newVerifier(t, trusting(t, rsaKey()))
	signed := encode(`{"alg":"RS256"}`) + "." + encode(idpClaims)
	hash := sha256.Sum256([]byte(signed))
	for _, template := range file.Templates {
		em := unhex(strings.ReplaceAll(template.EM, "<HASH>", hex.EncodeToString(hash[:])))
		_, err := v.Verify(t.Context(), signed+"."+encode(rawRSA(rsaKey(), em)))
		if !errors.Is(err, noMatch) {
			t.Errorf("%d %s: got %v, want %v", template.TcID, template.Comment, err, noMatch)
		}
	}
	good := "0001" + strings.Repeat("ff", 202) + "003031300d060960864801650304020105000420" + hex.EncodeToString(hash[:])
	if _, err := v.Verify(t.Context(), signed+"."+encode(rawRSA(rsaKey(), unhex(good)))); err != nil {
		t.Errorf("the same with the right encoding: got %v, want it accepted", err)
	}
}

// rawRSA raises an encoded message to the private exponent.
func rawRSA(k *rsa.PrivateKey, em []byte) string {
	signature := make([]byte, k.Size())
	new(big.Int).Exp(new(big.Int).SetBytes(em), k.D, k.N).FillBytes(signature)
	return string(signature)
}

func TestRFCExamples(t *testing.T) {
	t.Parallel()
	const claims = ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	for name, test := range map[string]struct{ jws, jwk string }{
		"RFC 7515, A.2": {
			"eyJhbGciOiJSUzI1NiJ9" + claims + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
			`{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}`,
		},
		"RFC 7515, A.3": {
			"eyJhbGciOiJFUzI1NiJ9" + claims + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
			`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
		},
		"RFC 8037, A.4": {
			"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
			`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
		},
	} {
		if err := token.CheckJWS(test.jws, []byte(`{"keys":[`+test.jwk+`]}`)); err != nil {
			t.Errorf("%s: got %v, want it accepted", name, err)
		}
	}
	// RFC 7515, A.1, which is also the example of RFC 7519, section 3.1.
	hmac := "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" + claims + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	if err := token.CheckHMAC(hmac, []byte(decode64(rfc7515Key))); err != nil {
		t.Errorf("RFC 7515, A.1: got %v, want it accepted", err)
	}
	v := newVerifier(t, base())
	for name, test := range map[string]struct {
		raw  string
		want error
	}{
		"RFC 7519, 3.1, of nobody we know":   {hmac, token.Refusal("missing or malformed subject")},
		"RFC 7519, 6.1, unsecured":           {"eyJhbGciOiJub25lIn0" + claims, token.Refusal("not three parts of canonical base64url")},
		"RFC 7519, 6.1, with some signature": {"eyJhbGciOiJub25lIn0" + claims + "AAAA", token.Refusal("algorithm not allowed")},
		"RFC 7797, 4.2, unencoded payload":   {"eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19" + claims + "A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY", token.Refusal("header extension that is not supported")},
	} {
		_, err := v.Verify(t.Context(), test.raw)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}
