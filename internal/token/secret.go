package token

import (
	"errors"
	"fmt"
	"strings"
)

const (
	minSecret   = 32 // bytes: as long as the hash (RFC 7518, section 3.2)
	minVariety  = 8  // different bytes; 32 random ones have fewer only by miracle
	errorPrompt = "make one with: openssl rand -base64 48"
)

// exampleSecrets are in lower case. A secret that contains one was copied from
// documentation, and whoever read the same page can sign tokens.
var exampleSecrets = []string{
	"your-256-bit-secret",
	"your-384-bit-secret",
	"your-512-bit-secret",
	"secret-at-least-256-bits",
	"secret-at-least-384-bits",
	"secret-at-least-512-bits",
	"your-secret-key",
	"your_secret_key",
	"your-jwt-secret",
	"your_jwt_secret",
	"your-super-secret",
	"your_super_secret",
	"super-secret-jwt",
	"changeme",
	"change-me",
	"change_me",
	"change-this",
	"change_this",
	"replace-me",
	"replace_me",
	"replace-this",
	"replace_this",
	"keyboard cat",
	"correct horse battery staple",
	// The keys of RFC 7515, appendix A.1, and RFC 7520, section 3.5.
	"ayM1sysppbydfgzld3umj1qzkobwvmkoqq-estjqlr_t-1qs0gzh75aktmn3yj0ips4hcguutwjazzr1z9caow",
	"hjtxiz2usn5kbqfbttnwbpdmhkv8fjg-onbc6mxccyg",
}

// checkSecret refuses secrets that can be guessed.
func checkSecret(secret string) error {
	if len(secret) < minSecret {
		return fmt.Errorf("it has %d bytes, and needs %d; %s", len(secret), minSecret, errorPrompt)
	}
	lower := strings.ToLower(secret)
	for _, example := range exampleSecrets {
		if strings.Contains(lower, strings.ToLower(example)) {
			return errors.New("it is an example from documentation; " + errorPrompt)
		}
	}
	var seen [256]bool
	variety := 0
	for i := range len(secret) {
		if !seen[secret[i]] {
			seen[secret[i]] = true
			variety++
		}
	}
	if variety < minVariety {
		return fmt.Errorf("it is made of %d different bytes, which can be guessed; %s", variety, errorPrompt)
	}
	return nil
}
