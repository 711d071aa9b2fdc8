package config

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// The permissions of the service's routes.
const (
	permissionRead    = "config:read"
	permissionWrite   = "config:write"
	permissionSecrets = "config:secrets"
)

// operation describes a route of the service. Problems that every route can answer with are added by the gateway.
func operation(id, method, path, permission, summary, description string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: "config-" + id, Method: method, Path: path, Summary: summary, Description: description,
		Metadata: map[string]any{"permission": permission}, Errors: append([]int{http.StatusConflict}, errors...),
		MaxBodyBytes: maxBody,
	}
}

// The largest requests that are read, in bytes: a configuration of the size that the keeper keeps copies of, as JSON, and
// a dynamic-security.json of about 100,000 clients.
const (
	maxBody       = 24 << 20
	maxDynsecBody = 32 << 20
)

// What a change can meet besides: somebody else's change, a fault in it, a broker that does not take it.
func changeErrors() []int {
	return []int{http.StatusPreconditionFailed, http.StatusUnprocessableEntity, http.StatusBadGateway, http.StatusServiceUnavailable}
}

// Register adds the routes to an API whose handlers may return faults.
func Register(api huma.API, s *Service) {
	registerBroker(api, s)
	registerProcess(api, s)
	registerDynsec(api, s)
	registerVersions(api, s)
	registerStream(api, s)
	registerDoctor(api, s)
	registerRefusals(api, s)
}

// tagged is an answer with the entity tag of what it shows.
type tagged[T any] struct {
	ETag string `header:"ETag" doc:"Of the files shown; give it back as If-Match"`
	Body T
}

type plain[T any] struct{ Body T }

// unlessFalse is a query parameter that is true where it is not given. A default of true would do for huma, were it not that
// huma takes false for not given.
type unlessFalse struct{ value, given bool }

func (u unlessFalse) yes() bool { return u.value || !u.given }

// Schema says what the parameter takes.
func (u unlessFalse) Schema(r huma.Registry) *huma.Schema {
	schema := huma.SchemaFromType(r, reflect.TypeFor[bool]())
	schema.Default = true
	return schema
}

// Receiver is where huma writes the value.
func (u *unlessFalse) Receiver() reflect.Value { return reflect.ValueOf(&u.value).Elem() }

// OnParamSet is told whether the parameter was given.
func (u *unlessFalse) OnParamSet(given bool, _ any) { u.given = given }

func registerBroker(api huma.API, s *Service) {
	huma.Register(api, operation("broker", http.MethodGet, "/config/broker", permissionRead, "Show the configuration",
		"mosquitto.conf and the files that it includes, as text and as settings, with what is to be said about them. "+
			"Secrets read «unchanged»; with secrets=true and the permission config:secrets they are shown, which is recorded."),
		func(ctx context.Context, in *struct {
			Secrets bool `query:"secrets" doc:"Show secrets; needs config:secrets"`
		}) (*tagged[BrokerConfig], error) {
			body, tag, err := s.Broker(ctx, in.Secrets)
			return &tagged[BrokerConfig]{tag, body}, err
		})

	huma.Register(api, operation("catalogue", http.MethodGet, "/config/catalogue", permissionRead, "List the settings that there are",
		"Every setting of mosquitto 2.0 and 2.1, with what it takes, its default, where it may stand, and how a change of it reaches the broker."),
		func(context.Context, *struct{}) (*plain[Catalogue], error) {
			return &plain[Catalogue]{s.Catalogue()}, nil
		})

	huma.Register(api, operation("validate", http.MethodPost, "/config/broker/validate", permissionRead, "Check a change",
		"Says what a change would do and what is wrong with it. Nothing is written. With try=true a copy is tried out by the broker's own program as well.",
		http.StatusUnprocessableEntity),
		func(ctx context.Context, in *struct {
			Try  unlessFalse `query:"try" doc:"Have the broker's program try a copy out, where there is no error before; takes up to some seconds"`
			Body BrokerChange
		}) (*plain[Checked], error) {
			body, err := s.Validate(ctx, in.Body, in.Try.yes())
			return &plain[Checked]{body}, err
		})

	huma.Register(api, operation("change", http.MethodPut, "/config/broker", permissionWrite, "Change the configuration",
		"Checks the change, keeps it as a version, writes it, makes the broker use it in the gentlest way, and proves that the broker does. "+
			"When it does not, the files from before are put back, the broker runs with them again, and the answer is 502 with the broker's own words. "+
			"With apply=false it is kept as a draft and nothing else happens.", changeErrors()...),
		func(ctx context.Context, in *struct {
			IfMatch string      `header:"If-Match" doc:"ETag of the files on which the change was decided"`
			Apply   unlessFalse `query:"apply" doc:"false: keep a draft"`
			Watch   string      `query:"watch" maxLength:"64" doc:"A name of your choice for the steps of this change in the stream"`
			Body    BrokerChange
		}) (*tagged[Changed], error) {
			body, tag, err := s.Change(ctx, in.Body, ChangeOptions{IfMatch: in.IfMatch, Draft: !in.Apply.yes(), Watch: in.Watch})
			return &tagged[Changed]{tag, body}, err
		})
}

func registerProcess(api huma.API, s *Service) {
	huma.Register(api, operation("restart", http.MethodPost, "/config/restart", permissionWrite, "Restart the broker",
		"Stops the broker, starts it with the files as they are now, and waits until it answers. When it does not come back, "+
			"the last configuration that worked is put back and the answer is 502 with the broker's own words.", changeErrors()...),
		func(ctx context.Context, in *struct {
			Watch string `query:"watch" maxLength:"64" doc:"A name of your choice for the steps in the stream"`
		}) (*plain[Restarted], error) {
			body, err := s.Restart(ctx, in.Watch)
			return &plain[Restarted]{body}, err
		})

	huma.Register(api, operation("reload", http.MethodPost, "/config/reload", permissionWrite, "Make the broker read its configuration again",
		"Sends SIGHUP, which disconnects nobody. Settings that need a restart stay as they are; the answer names them.", changeErrors()...),
		func(ctx context.Context, in *struct {
			Watch string `query:"watch" maxLength:"64" doc:"A name of your choice for the steps in the stream"`
		}) (*plain[Restarted], error) {
			body, err := s.Reload(ctx, in.Watch)
			return &plain[Restarted]{body}, err
		})
}

func registerDynsec(api huma.API, s *Service) {
	op := operation("dynsec", http.MethodGet, "/config/dynsec", permissionRead, "Download the dynamic security file",
		"dynamic-security.json as it is now. Password hashes read «unchanged»; with secrets=true and the permission config:secrets they are shown, which is recorded.")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The file",
		Headers:     map[string]*huma.Param{"ETag": {Schema: &huma.Schema{Type: "string"}, Description: "Give it back as If-Match"}},
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: "object", AdditionalProperties: true}}},
	}}
	huma.Register(api, op, func(ctx context.Context, in *struct {
		Secrets bool `query:"secrets" doc:"Show password hashes; needs config:secrets"`
	}) (*file, error) {
		data, tag, err := s.Dynsec(ctx, in.Secrets)
		if err != nil {
			return nil, err
		}
		return &file{
			ETag: tag, ContentType: "application/json", Disposition: `attachment; filename="dynamic-security.json"`,
			CacheControl: "no-store", Body: data,
		}, nil
	})

	put := operation("put-dynsec", http.MethodPut, "/config/dynsec", permissionWrite, "Replace the dynamic security file",
		"Takes the whole file. «unchanged» or no hash keeps the password that is stored. What can be changed over $CONTROL is changed live and disturbs only the clients concerned; "+
			"what cannot needs a restart, and is refused unless restart=true. With dry_run=true nothing is changed.", changeErrors()...)
	put.MaxBodyBytes = maxDynsecBody
	put.SkipValidateBody = true // the file goes as it is; RawBody would be checked as if it were a string
	huma.Register(api, put, func(ctx context.Context, in *struct {
		IfMatch string `header:"If-Match" doc:"ETag of the file on which the change was decided"`
		DryRun  bool   `query:"dry_run" doc:"Say what would change, and change nothing"`
		Restart bool   `query:"restart" doc:"Allow the broker to be restarted, which disconnects everybody once"`
		Watch   string `query:"watch" maxLength:"64" doc:"A name of your choice for the steps in the stream"`
		RawBody []byte `contentType:"application/json"`
	}) (*tagged[DynsecChanged], error) {
		body, tag, err := s.PutDynsec(ctx, in.RawBody, DynsecOptions{IfMatch: in.IfMatch, DryRun: in.DryRun, Restart: in.Restart, Watch: in.Watch})
		return &tagged[DynsecChanged]{tag, body}, err
	})
}

// file is an answer that a browser saves.
type file struct {
	ETag         string `header:"ETag"`
	ContentType  string `header:"Content-Type"`
	Disposition  string `header:"Content-Disposition"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

func registerVersions(api huma.API, s *Service) {
	huma.Register(api, operation("versions", http.MethodGet, "/config/versions", permissionRead, "List versions",
		"Every version of both files, the newest first: who wrote it, when, why, and what became of it.", http.StatusUnprocessableEntity),
		func(ctx context.Context, in *struct {
			File   string `query:"file" enum:"broker,dynsec" doc:"Only versions of this one"`
			Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
			Cursor string `query:"cursor" maxLength:"20" doc:"next_cursor of the page before"`
		}) (*plain[VersionPage], error) {
			body, err := s.Versions(ctx, in.File, in.Cursor, in.Limit)
			return &plain[VersionPage]{body}, err
		})

	huma.Register(api, operation("version", http.MethodGet, "/config/versions/{id}", permissionRead, "Show a version",
		"Its texts, with secrets as «unchanged», and how it differs from another one or from what is live.", http.StatusNotFound, http.StatusUnprocessableEntity),
		func(ctx context.Context, in *struct {
			ID      int64  `path:"id" minimum:"1" doc:"The version's number"`
			Against string `query:"against" maxLength:"20" default:"previous" doc:"previous, live, or the number of another version of the same file"`
		}) (*plain[VersionDetail], error) {
			body, err := s.Version(ctx, in.ID, in.Against)
			return &plain[VersionDetail]{body}, err
		})

	huma.Register(api, operation("restore", http.MethodPost, "/config/versions/{id}/restore", permissionWrite, "Restore a version",
		"Applies a version, a draft included, as a change of its own: it is checked, applied, proven, and kept as a new version.", append(changeErrors(), http.StatusNotFound)...),
		func(ctx context.Context, in *struct {
			ID      int64  `path:"id" minimum:"1" doc:"The version's number"`
			IfMatch string `header:"If-Match" doc:"ETag of the files that are live"`
			Restart bool   `query:"restart" doc:"Allow a version of the dynamic security file to restart the broker"`
			Watch   string `query:"watch" maxLength:"64" doc:"A name of your choice for the steps in the stream"`
		}) (*plain[Restored], error) {
			body, err := s.Restore(ctx, in.ID, RestoreOptions{IfMatch: in.IfMatch, Restart: in.Restart, Watch: in.Watch})
			return &plain[Restored]{body}, err
		})
}
