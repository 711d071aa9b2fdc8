package app

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/dynsec"
	"github.com/bunkerm/bunkerm/fault"
)

// importTime is how long the running server may take to import: as long as a live import may.
const importTime = 15 * time.Minute

// AccessFiles are the files of another broker.
type AccessFiles = dynsec.AccessFiles

// ImportOptions say how they are imported.
type ImportOptions = dynsec.FilesOptions

// ImportResult is what an import has done, or would do.
type ImportResult = dynsec.FilesResult

// Import has the running server import another broker's access files, or say what it would do.
func (l *Local) Import(ctx context.Context, files AccessFiles, o ImportOptions) (result ImportResult, err error) {
	size := 0
	for _, text := range []*string{files.PasswordFile, files.ACLFile, files.PSKFile, files.Dynsec} {
		if text != nil {
			size += len(*text)
		}
	}
	if size > dynsec.MaxAccessFiles {
		return result, fault.Newf(fault.TooLarge, "the files are larger than %d MiB together", dynsec.MaxAccessFiles>>20).
			Hint("see that they are the ones that you mean; import them one after the other, or in parts")
	}
	patient := *l
	patient.client = &http.Client{Timeout: importTime, Transport: l.client.Transport}
	existing := "skip"
	if o.Update {
		existing = "update"
	}
	query := url.Values{"dry_run": {strconv.FormatBool(o.DryRun)}, "restart": {strconv.FormatBool(o.Restart)}, "existing": {existing}}
	err = patient.ask(ctx, http.MethodPost, "/dynsec/import?"+query.Encode(), files, &result)
	return result, err
}
