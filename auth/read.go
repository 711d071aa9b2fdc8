package auth

import (
	"errors"
	"io/fs"

	"github.com/bunkerm/bunkerm/fault"
)

// ReadKey returns the primary key that an installation keeps at path. Unlike Open it makes none.
func ReadKey(path string) (string, error) {
	key, _, err := readKeyFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fault.Newf(fault.NotFound, "there is no API key at %s yet", path).
			Hint("it is made when BunkerM starts for the first time; name another folder with --data-dir")
	}
	if errors.Is(err, fs.ErrPermission) {
		return "", fault.Newf(fault.Forbidden, "the API key at %s cannot be read", path).
			Hint("run this as the user who runs BunkerM").Because(err)
	}
	return key, err
}
