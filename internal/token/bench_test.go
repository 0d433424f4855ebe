package token_test

import (
	"crypto"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

func BenchmarkVerifyHit(b *testing.B) {
	v, s, err := token.New(base())
	if err != nil {
		b.Fatal(err)
	}
	raw, _, err := s.Issue(userID(b), must(tenancy.ParseTenantID(tenant)), must(tenancy.ParseSessionID(session)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := v.Verify(b.Context(), raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerifyMiss(b *testing.B) {
	for _, bench := range []struct {
		alg     string
		private any
	}{{"HS256", nil}, {"RS256", rsaKey()}, {"PS256", rsaKey()}, {"ES256", p256()}, {"EdDSA", ed()}} {
		b.Run(bench.alg, func(b *testing.B) {
			c, raw := base(), hs256(b, accessHeader, accessClaims)
			if private, ok := bench.private.(crypto.Signer); ok {
				c = trusting(b, private, bench.alg)
				raw = sign(b, bench.alg, private, `{"alg":"`+bench.alg+`","typ":"at+jwt","kid":"1"}`, idpClaims)
			}
			v := newVerifier(b, c)
			b.ReportAllocs()
			for b.Loop() {
				v.Purge()
				if _, err := v.Verify(b.Context(), raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerifyJunk is what the largest token of random numbers costs us.
func BenchmarkVerifyJunk(b *testing.B) {
	v := newVerifier(b, base())
	for name, payload := range map[string]string{"deep": nested(2900), "numbers": `{"x":[1` + numbers(2800) + `]}`} {
		raw := sign(b, "HS256", []byte("wrong"), accessHeader, payload)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), raw); err == nil {
					b.Fatal("junk was accepted")
				}
			}
		})
	}
}

func numbers(n int) string {
	s := make([]byte, 0, 2*n)
	for range n {
		s = append(s, ',', '7')
	}
	return string(s)
}

func BenchmarkIssue(b *testing.B) {
	s := newSigner(b, base())
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Issue(userID(b), tenancy.TenantID{}, tenancy.SessionID{}); err != nil {
			b.Fatal(err)
		}
	}
}
