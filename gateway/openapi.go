package gateway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/auth"
)

// config is how huma is set up: our formats and problems, none of its pages, no extra fields in answers.
func (g *Gateway) config() huma.Config {
	config := huma.DefaultConfig("BunkerM", g.o.Version)
	config.Info.Description = "Runs, secures, watches and explains an Eclipse Mosquitto broker. Operations need an API " +
		"key, in the header `X-API-Key`; `bunkerm apikey show` prints it. A browser that has signed in needs none. What is not a success is a problem (RFC 9457)."
	config.Servers = []*huma.Server{{URL: apiMount}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"ApiKey": {Type: "apiKey", In: "header", Name: "X-API-Key", Description: "`bunkerm apikey show` prints it."},
	}
	config.Security = []map[string][]string{{"ApiKey": {}}}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // the one there is adds a link to a schema to every answer
	config.Transformers = []huma.Transformer{g.asProblem}
	config.Formats = map[string]huma.Format{"application/json": jsonFormat(), problemType: jsonFormat()}
	config.DefaultFormat = "application/json"
	config.RejectUnknownQueryParameters = true // a misspelt dry_run must not do it
	return config
}

// completeOpenAPI completes the documentation of each operation.
func (g *Gateway) completeOpenAPI() {
	schemas := g.api.OpenAPI().Components.Schemas
	problem := schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, op := range g.routes.operations {
		g.complete(op, problem)
	}
	// huma's own error type is registered with every operation and never sent.
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
}

// renderJSON makes the document's text, which takes longer than everything else of a start and thirty times the memory
// of the text: so it is made when somebody asks for it.
func (g *Gateway) renderJSON() []byte {
	text, err := json.Marshal(g.api.OpenAPI())
	var indented bytes.Buffer
	if err == nil {
		err = json.Indent(&indented, text, "", "  ")
	}
	if err != nil {
		panic(err) // it is made of what is compiled in, and a test reads it
	}
	indented.WriteByte('\n')
	return bytes.Clone(indented.Bytes()) // without the room that a buffer has at its end
}

func (g *Gateway) renderYAML() []byte {
	text, err := g.api.OpenAPI().YAML()
	if err != nil {
		panic(err)
	}
	return text
}

// complete adds to an operation what follows from its shape: tag, permission, and the problems that the gateway
// answers with.
func (g *Gateway) complete(op *huma.Operation, problem *huma.Schema) {
	if len(op.Tags) == 0 {
		op.Tags = []string{firstSegment(op.Path)}
	}
	permission, _ := permissionOf(op)
	if op.Extensions == nil {
		op.Extensions = map[string]any{}
	}
	op.Extensions["x-permission"] = permission

	statuses := append([]int{401, 403, 429, 500}, op.Errors...)
	if permission == string(auth.Anybody) {
		op.Security = []map[string][]string{} // none
	}
	if op.RequestBody != nil {
		statuses = append(statuses, 400, 413, 415, 422)
	}
	for _, param := range op.Parameters {
		switch {
		case param.In == "path":
			statuses = append(statuses, 404, 422)
		case param.In == "query":
			statuses = append(statuses, 422)
		case http.CanonicalHeaderKey(param.Name) == "If-Match":
			statuses = append(statuses, 412)
		}
	}
	slices.Sort(statuses)
	delete(op.Responses, "default")
	for _, status := range slices.Compact(statuses) {
		description := http.StatusText(status)
		if status == http.StatusForbidden {
			description += ": the role lacks " + permission
		}
		op.Responses[strconv.Itoa(status)] = &huma.Response{Description: description,
			Content: map[string]*huma.MediaType{problemType: {Schema: problem}}}
	}
}
