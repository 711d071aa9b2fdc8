package app

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/dynsec"
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
