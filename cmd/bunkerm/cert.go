package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bunkerm/bunkerm/app"
)

// certArgs is what stands behind bunkerm cert.
type certArgs struct {
	words    []string
	names    []string // of the server, besides those that are found
	client   string   // whose certificate is made; empty: the server's
	out      string   // folder for files
	settings []string
}

// parseCert parts its own flags from settings, in whichever order they come.
func parseCert(args []string) (certArgs, error) {
	p := certArgs{out: "."}
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		flag := strings.TrimPrefix(strings.TrimPrefix(name, "-"), "-")
		mine := name != flag && (flag == "name" || flag == "client" || flag == "out")
		if mine && !joined {
			if len(args) == 1 {
				return p, fmt.Errorf("--%s needs a value", flag)
			}
			value, args = args[1], args[1:]
		}
		switch {
		case mine && flag == "name":
			p.names = append(p.names, value)
		case mine && flag == "client":
			p.client = value
		case mine:
			p.out = value
		case name == flag:
			p.words = append(p.words, args[0])
		case joined || len(args) == 1 || flag == "h" || flag == "help":
			p.settings = append(p.settings, args[0])
		default:
			p.settings = append(p.settings, args[0], args[1])
			args = args[1:]
		}
		args = args[1:]
	}
	return p, nil
}

// cert is the command about certificates.
func cert(args []string) error {
	p, err := parseCert(args)
	if err != nil {
		return err
	}
	o, err := options(p.settings, "cert")
	if err != nil {
		return err
	}
	if len(p.words) != 1 || p.words[0] != "create" {
		writeHelp(os.Stderr, "cert")
		return errUsage
	}
	ctx, stop := signalled()
	defer stop()
	local := app.NewLocal(o)
	if p.client == "" {
		made, err := local.CreateServerCertificate(ctx, p.names)
		if err != nil {
			return err
		}
		ca := filepath.Join(p.out, "ca.pem")
		if err := os.WriteFile(ca, made.AuthorityCertificate, 0o644); err != nil {
			return fmt.Errorf("the certificate is made and the broker has it, but the authority cannot be written: %w", err)
		}
		fmt.Fprintf(os.Stdout, "The broker's certificate is for %s, and holds until %s; it is renewed by itself.\n"+
			"Devices verify it with the authority in %s, whose fingerprint is\n%s\n",
			strings.Join(made.Names, ", "), made.NotAfter.Format("2 January 2006"), ca, made.Fingerprint)
		return nil
	}
	if len(p.names) > 0 {
		return errors.New("--name is for the server's certificate, --client makes a client's")
	}
	base, err := fileName(p.out, p.client)
	if err != nil {
		return err
	}
	made, err := local.CreateClientCertificate(ctx, p.client)
	if err != nil {
		return err
	}
	files := []struct {
		suffix string
		text   []byte
		mode   fs.FileMode
	}{{".crt", []byte(made.Certificate), 0o644}, {".key", []byte(made.Key), 0o600}, {".p12", made.PKCS12, 0o600}, {".ca.pem", []byte(made.Authority), 0o644}}
	for _, f := range files {
		if err := writeNew(base+f.suffix, f.text, f.mode); err != nil {
			return fmt.Errorf("the certificate is made, but its files cannot be written, so revoke it on the page Certificates: %w", err)
		}
		fmt.Fprintln(os.Stdout, base+f.suffix)
	}
	fmt.Fprintf(os.Stdout, "The password of %s.p12 is %s\n", base, made.PKCS12Password)
	return nil
}

// fileName is where a client's files go. A username may be anything, so not every one can be a file's name; and the key of another
// certificate is not written over.
func fileName(folder, client string) (string, error) {
	if client != filepath.Base(client) || strings.HasPrefix(client, ".") || strings.HasPrefix(client, "-") {
		return "", errors.New("this username cannot be a file's name: make the certificate on the page Certificates")
	}
	base := filepath.Join(folder, client)
	for _, suffix := range []string{".crt", ".key", ".p12", ".ca.pem"} {
		if _, err := os.Lstat(base + suffix); err == nil {
			return "", fmt.Errorf("%s is there already: move it away, or name another folder with --out", base+suffix)
		}
	}
	return base, nil
}

// writeNew writes a file that is not there yet.
func writeNew(name string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
