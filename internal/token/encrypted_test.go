package token_test

import (
	"errors"
	"testing"

	"github.com/tenantgate/tenantgate/internal/token"
)

// We take no encrypted token, and none of another library's keys: nothing of what
// Wycheproof has for those is anybody's token here, valid or not.
func TestWycheproofEncryptedTokens(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, trusting(t, rsaKey()))
	for _, file := range []struct {
		name  string
		cases int
	}{{"json_web_encryption_test.json", 139}, {"json_web_crypto_test.json", 83}} {
		var vectors struct {
			TestGroups []struct {
				Tests []struct {
					TcID     any // a number or a text
					Comment  string
					JWE, JWS any // a text, or an object where it is the JSON serialization
				}
			}
		}
		if !readVectors(t, "wycheproof/"+file.name, file.cases, &vectors) {
			continue
		}
		for _, group := range vectors.TestGroups {
			for _, test := range group.Tests {
				for _, raw := range []any{test.JWE, test.JWS} {
					text, isText := raw.(string)
					if !isText {
						continue
					}
					if _, err := v.Verify(t.Context(), text); !errors.Is(err, token.ErrInvalid) {
						t.Errorf("%s, %v %s: got %v, want it refused", file.name, test.TcID, test.Comment, err)
					}
				}
			}
		}
	}
}
