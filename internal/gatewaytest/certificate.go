package gatewaytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Certificate is one for 127.0.0.1 and names, in files for Caddy.
type Certificate struct {
	cert, key string
	names     []string
	roots     *x509.CertPool
}

// NewCertificate makes a certificate that nothing but the test believes.
func NewCertificate(t testing.TB, names ...string) Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := Certificate{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), names: names, roots: x509.NewCertPool()}
	for path, block := range map[string]*pem.Block{
		c.cert: {Type: "CERTIFICATE", Bytes: cert},
		c.key:  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	c.roots.AddCert(parsed)
	return c
}

// Client returns what a client needs to speak to a site with this certificate
// over the protocol, "h3" for one. It asks for the first of the names, where
// there is one.
func (c Certificate) Client(protocol string) *tls.Config {
	return &tls.Config{RootCAs: c.roots, ServerName: strings.Join(c.names[:min(1, len(c.names))], ""), NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12}
}

// Directive is the line of a site block that has the site use the certificate.
func (c Certificate) Directive() string { return "tls " + c.cert + " " + c.key }

// Site returns the Caddyfile with its site there twice: the second time over TLS
// at the port, as HTTP/1.1, HTTP/2 and HTTP/3.
func (c Certificate) Site(t testing.TB, caddyfile string, port int) string {
	t.Helper()
	const global, address, end = "{\n", "\n:{$API_PORT:8080} {", "\n}\n"
	_, site, found := strings.Cut(caddyfile, address)
	site, _, closed := strings.Cut(site, end)
	if !strings.HasPrefix(caddyfile, global) || !found || !closed {
		t.Fatalf("the Caddyfile has no global options, or no site %q", address)
	}
	return strings.Replace(caddyfile, global, global+"\tauto_https disable_redirects\n\tskip_install_trust\n", 1) +
		fmt.Sprintf("\nhttps://127.0.0.1:%d {\n\t%s", port, c.Directive()) + site + end
}
