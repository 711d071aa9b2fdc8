package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io/fs"
	"math/big"
	"net"
	"testing"
	"time"
)

func pemBytes(t testing.TB, text []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%q is no PEM", text)
	}
	return block.Bytes
}

// signed is a certificate of any kind, good or bad.
type signed struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func (s signed) certPEM() string { return string(certPEM(s.cert)) }

func (s signed) keyPEM(t testing.TB) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// sign makes a certificate for localhost, by itself where by is nil.
func sign(t testing.TB, by *signed, key crypto.Signer, change func(*x509.Certificate)) signed {
	t.Helper()
	if key == nil {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key = made
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "someone"}, DNSNames: []string{"localhost", "pi"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * day),
		BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return signed{cert, key}
}

func asAuthority(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject.CommonName, c.IsCA, c.KeyUsage, c.DNSNames, c.IPAddresses = name, true, x509.KeyUsageCertSign, nil, nil
	}
}

// weak is an RSA key as short as they were in 1995.
func weak(t testing.TB) crypto.Signer {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // that it is too short is the point
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// badPair is a certificate with a key, of which something is wrong.
type badPair struct{ code, cert, key string }

// badPairs has one of each kind that a broker could be given.
func badPairs(t testing.TB) map[string]badPair {
	t.Helper()
	root := sign(t, nil, nil, asAuthority("root"))
	middle := sign(t, &root, nil, asAuthority("middle"))
	good, other := sign(t, &middle, nil, nil), sign(t, nil, nil, nil)
	expired := sign(t, nil, nil, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(-2*day), time.Now().Add(-day) })
	early := sign(t, nil, nil, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(day), time.Now().Add(2*day) })
	short := sign(t, nil, weak(t), nil)
	locked, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", []byte("key"), []byte("secret"), x509.PEMCipherAES256) //nolint:staticcheck // keys like this are out there
	if err != nil {
		t.Fatal(err)
	}
	return map[string]badPair{
		"expired":              {Expired, expired.certPEM(), expired.keyPEM(t)},
		"not yet valid":        {NotYetValid, early.certPEM(), early.keyPEM(t)},
		"another key":          {WrongKey, good.certPEM(), other.keyPEM(t)},
		"chain in wrong order": {ChainOrder, good.certPEM() + root.certPEM() + middle.certPEM(), good.keyPEM(t)},
		"authority first":      {ChainOrder, middle.certPEM() + good.certPEM(), good.keyPEM(t)},
		"RSA of 1024 bits":     {WeakKey, short.certPEM(), short.keyPEM(t)},
		"key with passphrase":  {LockedKey, good.certPEM(), string(pem.EncodeToMemory(locked))},
		"no PEM":               {NotPEM, "certificate", good.keyPEM(t)},
		"half of a file":       {NotPEM, good.certPEM()[:200], good.keyPEM(t)},
	}
}

func TestEachBadCertificateIsNamed(t *testing.T) {
	for name, bad := range badPairs(t) {
		t.Run(name, func(t *testing.T) {
			_, problems := inspect(Listener{Cert: File{Name: "c", Text: []byte(bad.cert)}, Key: File{Name: "k", Text: []byte(bad.key)}}, Names{}, time.Now())
			if len(problems) == 0 || problems[0].Code != bad.code {
				t.Fatalf("%+v", problems)
			}
			if p := problems[0]; !p.holds() || p.Hint == "" || p.Message == "" {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestWhatOnlyDeservesAWord(t *testing.T) {
	good := sign(t, nil, nil, nil)
	soonOver := sign(t, nil, nil, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(20 * day) })
	l := func(s signed) Listener {
		return Listener{Cert: File{Name: "c", Text: []byte(s.certPEM())}, Key: File{Name: "k", Text: []byte(s.keyPEM(t))}}
	}
	for name, c := range map[string]struct {
		l     Listener
		names Names
		want  string
	}{
		"good":            {l(good), names(t, "pi", "10.0.0.1"), ""},
		"for localhost":   {l(good), names(t, "localhost", "127.0.0.1"), ""},
		"wrong name":      {l(good), names(t, "elsewhere", "localhost"), WrongName},
		"over in 20 days": {l(soonOver), Names{}, ExpiresSoon},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := inspect(c.l, c.names, time.Now())
			if c.want == "" {
				if len(problems) > 0 {
					t.Errorf("%+v", problems)
				}
				return
			}
			if len(problems) != 1 || problems[0].Code != c.want || problems[0].holds() {
				t.Errorf("%+v", problems)
			}
		})
	}
}

func TestUnreadableFilesAreNamed(t *testing.T) {
	for name, err := range map[string]error{"missing": fs.ErrNotExist, "closed": fs.ErrPermission} {
		t.Run(name, func(t *testing.T) {
			good := sign(t, nil, nil, nil)
			_, problems := inspect(Listener{
				Cert: File{Name: "c", Text: []byte(good.certPEM())}, Key: File{Name: "live/privkey.pem", Err: err},
			}, Names{}, time.Now())
			if len(problems) != 1 || problems[0].Code != Unreadable || problems[0].File != "live/privkey.pem" || problems[0].Hint == "" {
				t.Errorf("%+v", problems)
			}
		})
	}
}

// FuzzInspect looks at whatever lies where a certificate should be.
func FuzzInspect(f *testing.F) {
	good := sign(f, nil, nil, nil)
	f.Add([]byte(good.certPEM()), []byte(good.keyPEM(f)))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), []byte("x"))
	f.Fuzz(func(t *testing.T, cert, key []byte) {
		leaf, problems := inspect(Listener{Cert: File{Name: "c", Text: cert}, Key: File{Name: "k", Text: key}}, Names{DNS: []string{"pi"}}, time.Now())
		if leaf == nil && len(problems) == 0 {
			t.Error("there is no certificate, and nothing is said")
		}
		if pairs, err := decodePairs(cert); err == nil {
			text, err := encodePairs(pairs)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := decodePairs(text); err != nil || len(again) != len(pairs) {
				t.Errorf("%d pairs became %d: %v", len(pairs), len(again), err)
			}
		}
	})
}
