package dynsec

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// registerImportFiles adds the import of another broker's access files.
func registerImportFiles(api huma.API, s *Service) {
	op := writing("import-files", http.MethodPost, "/dynsec/import", "Import the access files of another broker",
		"Takes password_file, acl_file and psk_file of a Mosquitto, or a dynamic-security.json, and makes clients, roles and groups that give the same "+
			"answers. What cannot be said here is named line by line; ask with dry_run=true first. Hashes of passwords are kept where a "+
			"restart is allowed. Importing the same files again changes nothing.")
	op.MaxBodyBytes = MaxAccessFiles
	huma.Register(api, op, func(ctx context.Context, in *struct {
		DryRun   bool   `query:"dry_run" doc:"Change nothing; say what would be done, and what cannot be said here"`
		Existing string `query:"existing" enum:"skip,update" default:"skip" doc:"What becomes of clients that exist already: they stay as they are, or get the rights and passwords of the files"`
		Restart  bool   `query:"restart" doc:"Allow a restart of the broker, without which password hashes cannot be kept"`
		Body     AccessFiles
	}) (*plain[FilesResult], error) {
		result, err := s.ImportFiles(ctx, in.Body, FilesOptions{DryRun: in.DryRun, Update: in.Existing == "update", Restart: in.Restart})
		if err != nil {
			return nil, err
		}
		return &plain[FilesResult]{Body: result}, nil
	})
}
