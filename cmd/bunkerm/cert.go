package main

import (
	"context"
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
	ctx, stop := signalled()
	defer stop()
	local := app.NewLocal(o)
	what := strings.Join(words, " ")
	if what == "create" || what == "renew-authority" {
		if err := mayWrite(*out); err != nil {
			return err
		}
	}
	switch {
	case what == "create" && *client == "":
		made, err := local.CreateServerCertificate(ctx, serverNames)
		if err != nil {
			return err
		}
		ca, err := writeAuthority(*out, made)
		if err == nil {
			fmt.Fprintf(os.Stdout, "The broker's certificate is for %s, and holds until %s; it is renewed by itself.\n"+
				"Devices verify it with the authority in %s, whose fingerprint is\n%s\n",
				strings.Join(made.Names, ", "), made.NotAfter.Format("2 January 2006"), ca, made.Fingerprint)
		}
		return err
	case what == "create" && len(serverNames) > 0:
		return misused("cert", errors.New("--name is for the server's certificate, --client makes a client's"))
	case what == "create":
		return createClient(ctx, local, *client, *out)
	case *client != "":
		return misused("cert", errors.New("--client is for cert create"))
	case what == "renew-authority":
		made, err := local.RenewAuthority(ctx, serverNames)
		if err != nil {
			return err
		}
		ca, err := writeAuthority(*out, made)
		if err == nil {
			fmt.Fprintf(os.Stdout, "Another authority signs from now on, whose fingerprint is\n%s\n"+
				"Devices that know the former one alone are served as before, until `bunkerm cert drop-authority`. Give them %s, which holds both.\n",
				made.Fingerprint, ca)
		}
		return err
	case what == "drop-authority" && len(serverNames) == 0:
		err := local.DropFormerAuthorities(ctx)
		if err == nil {
			fmt.Fprintln(os.Stdout, "What was signed by a former authority does not count any more.")
		}
		return err
	}
	return misused("cert", errors.New("say what to do: cert create, cert renew-authority, cert drop-authority"))
}

// mayWrite finds out whether files can be made in a folder, before there is a certificate that would be lost.
func mayWrite(folder string) error {
	f, err := os.CreateTemp(folder, ".bunkerm-*")
	if err != nil {
		return fmt.Errorf("nothing was made: --out %q cannot be written to: %w", folder, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// writeAuthority writes what devices are given.
func writeAuthority(folder string, made app.Certificate) (string, error) {
	name := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(name, made.AuthorityCertificate, 0o644); err != nil {
		return "", fmt.Errorf("the certificate is made and the broker has it, but the authority cannot be written: %w", err)
	}
	return name, nil
}

// createClient makes a client's certificate and writes it with its key.
func createClient(ctx context.Context, local *app.Local, client, out string) error {
	base, err := fileName(out, client)
	if err != nil {
		return err
	}
	made, err := local.CreateClientCertificate(ctx, client)
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
