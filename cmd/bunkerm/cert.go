package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bunkerm/bunkerm/app"
)

// cert is the command about certificates.
func cert(args []string) error {
	var serverNames []string
	flags := flag.NewFlagSet("cert", flag.ContinueOnError)
	flags.Func("name", "", func(name string) error { serverNames = append(serverNames, name); return nil })
	client := flags.String("client", "", "")
	out := flags.String("out", ".", "")
	words, o, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 || words[0] != "create" {
		return misused("cert", errors.New("say what to do: cert create"))
	}
	ctx, stop := signalled()
	defer stop()
	local := app.NewLocal(o)
	if *client == "" {
		made, err := local.CreateServerCertificate(ctx, serverNames)
		if err != nil {
			return err
		}
		ca := filepath.Join(*out, "ca.pem")
		if err := os.WriteFile(ca, made.AuthorityCertificate, 0o644); err != nil {
			return fmt.Errorf("the certificate is made and the broker has it, but the authority cannot be written: %w", err)
		}
		fmt.Fprintf(os.Stdout, "The broker's certificate is for %s, and holds until %s; it is renewed by itself.\n"+
			"Devices verify it with the authority in %s, whose fingerprint is\n%s\n",
			strings.Join(made.Names, ", "), made.NotAfter.Format("2 January 2006"), ca, made.Fingerprint)
		return nil
	}
	if len(serverNames) > 0 {
		return misused("cert", errors.New("--name is for the server's certificate, --client makes a client's"))
	}
	base, err := fileName(*out, *client)
	if err != nil {
		return err
	}
	made, err := local.CreateClientCertificate(ctx, *client)
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
