package dynsec

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// registerQuestions adds the routes that answer what the broker would do.
func registerQuestions(api huma.API, s *Service) {
	check := reading("check", "/dynsec/check", "Ask who may do what",
		"Says whether the broker would let a client publish, receive, subscribe or unsubscribe, and by which rule. Nothing is changed. "+
			"Without a username it answers for those who connect anonymously.")
	check.Method = http.MethodPost
	huma.Register(api, check, func(ctx context.Context, in *struct{ Body asked }) (*plain[Decision], error) {
		ctx, cancel := context.WithTimeout(ctx, requestTime)
		defer cancel()
		st, err := s.state(ctx)
		if err != nil {
			return nil, err
		}
		decision, err := st.Check(in.Body.question())
		if err != nil {
			return nil, err
		}
		return &plain[Decision]{Body: decision}, nil
	})
}

// asked is a question as a body has it.
type asked struct {
	Username *string `json:"username,omitempty" doc:"Who asks; left out for those who connect without a username"`
	Clientid *string `json:"clientid,omitempty" doc:"The MQTT client id, where rules of Mosquitto 2.1 name it with %c"`
	Action   string  `json:"action" enum:"publish,receive,subscribe,unsubscribe" doc:"What is to be done"`
	Topic    string  `json:"topic" doc:"The topic to publish or receive, or the filter to subscribe or unsubscribe"`
}

func (a asked) question() Question {
	q := Question{Username: a.Username, Action: a.Action, Topic: a.Topic}
	if a.Clientid != nil {
		q.Clientid = *a.Clientid
	}
	return q
}

// importInput is a file of clients with how to take it.
type importInput struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	DryRun      bool   `query:"dry_run" doc:"Change nothing; say what would be done and how long it would take"`
	Existing    string `query:"existing" enum:"skip,update" default:"skip" doc:"What becomes of clients that exist already"`
	Method      string `query:"method" enum:"live,restart" default:"live" doc:"live sends the clients one by one while the broker runs; restart stops the broker, writes its file and starts it again, which cuts every session but is quick for thousands"`
	RawBody     []byte `contentType:"text/csv"`
}

// registerImport adds the import of clients, whose body is a file.
func registerImport(api huma.API, s *Service) {
	op := writing("import-clients", http.MethodPost, "/dynsec/clients/import", "Import clients",
		"Takes a CSV file (columns username, password, clientid, textname, textdescription, roles, groups, disabled in any order; several roles or groups "+
			"in a cell separated by semicolons, a priority behind the last @) or a JSON array of clients. A line that cannot be taken is "+
			"listed and keeps no other out. Repeating an import completes it. The answer comes when everything is done.")
	op.MaxBodyBytes = MaxImport
	op.SkipValidateBody = true
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: "string"}},
		"application/json": {Schema: &huma.Schema{Type: "array",
			Items: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[NewClient](), true, "NewClient")}},
	}}
	huma.Register(api, op, func(ctx context.Context, in *importInput) (*plain[ImportResult], error) {
		result, err := s.Import(ctx, in.RawBody, ImportOptions{ContentType: in.ContentType, DryRun: in.DryRun,
			Update: in.Existing == "update", Restart: in.Method == "restart"})
		if err != nil {
			return nil, err
		}
		return &plain[ImportResult]{Body: result}, nil
	})
}
