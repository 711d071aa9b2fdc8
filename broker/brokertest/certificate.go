package brokertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// Certificate is a certificate for localhost that signs itself, and its key, both as PEM.
type Certificate struct{ Cert, Key string }

// SelfSigned makes a certificate that holds from one time to another.
func SelfSigned(t testing.TB, from, to time.Time) Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: from, NotAfter: to,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, data []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
	}
	return Certificate{block("CERTIFICATE", der), block("EC PRIVATE KEY", keyDER)}
}

// GoodCertificate makes one that holds now and for some time.
func GoodCertificate(t testing.TB) Certificate {
	t.Helper()
	return SelfSigned(t, time.Now().Add(-time.Hour), time.Now().Add(90*24*time.Hour))
}
