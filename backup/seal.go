package backup

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/bunkerm/bunkerm/fault"
)

// How hard a passphrase is to try, as the logarithm of scrypt's N with r=8: 17 takes 128 MiB and half a second, which a small
// board has, and is what OWASP advises at least. More than 20, a GiB, is not tried at a restore.
const (
	sealWork     = 17
	mostSealWork = 20
)

// sealedMagic is how a sealed archive begins.
const sealedMagic = "age-encryption.org/v1\n"

// Seal encrypts what is written to it with a passphrase. Closing it ends the archive, and leaves to open.
func Seal(to io.Writer, passphrase string) (io.WriteCloser, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fault.New(fault.Invalid, "this is no passphrase").Because(err)
	}
	recipient.SetWorkFactor(sealWork)
	sealed, err := age.Encrypt(to, recipient)
	if err != nil {
		return nil, fmt.Errorf("sealing the backup: %w", err)
	}
	return sealed, nil
}

// Sealed tells whether an archive needs a passphrase. Nothing is consumed.
func Sealed(from *bufio.Reader) bool {
	begin, _ := from.Peek(len(sealedMagic))
	return string(begin) == sealedMagic
}

// Unseal decrypts an archive. A wrong passphrase is a fault of kind Forbidden.
func Unseal(from io.Reader, passphrase string) (io.Reader, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fault.New(fault.Invalid, "this is no passphrase").Because(err)
	}
	identity.SetMaxWorkFactor(mostSealWork)
	plain, err := age.Decrypt(from, identity)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, fault.New(fault.Forbidden, "the passphrase is wrong").Hint("nothing was changed; try another one")
	}
	if err != nil {
		return nil, errDamaged("its seal is broken").Because(err)
	}
	return plain, nil
}
