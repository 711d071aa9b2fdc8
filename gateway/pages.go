package gateway

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/swaggest/swgui/v5/static"

	"github.com/bunkerm/bunkerm/auth"
)

//go:embed pages
var pageFiles embed.FS

// Policies of our pages: they load what is ours and run no inline script. Who may frame them is added.
const (
	pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
	docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors "
)

// noFrames as Options.FrameAncestors lets nobody show our pages in a frame.
const noFrames = "'none'"

// mayFrame takes the header away that older browsers know, which has no list of origins, where the policy has one.
func mayFrame(h http.Header, ancestors string) {
	if ancestors != noFrames {
		h.Del("X-Frame-Options")
	}
}

// pages are what a person with a browser sees.
type pages struct {
	start, missing *template.Template
	assets         map[string]http.Handler // by exact path
}

// loadPages reads the pages and the files of Swagger UI from the binary.
func loadPages(frameAncestors string) (*pages, error) {
	templates, err := template.ParseFS(pageFiles, "pages/start.html", "pages/missing.html")
	if err != nil {
		return nil, fmt.Errorf("reading the pages: %w", err)
	}
	p := &pages{start: templates.Lookup("start.html"), missing: templates.Lookup("missing.html"), assets: map[string]http.Handler{}}
	for path, file := range map[string]string{
		"/assets/page.css": "page.css", "/assets/icon.svg": "icon.svg", "/api/docs/docs.js": "docs.js", "/api/docs": "docs.html",
	} {
		a, err := newAsset(pageFiles, "pages/"+file, false)
		if err != nil {
			return nil, fmt.Errorf("reading the pages: %w", err)
		}
		if file == "docs.html" {
			a.policy, a.ancestors = docsPolicy+frameAncestors, frameAncestors
		}
		p.assets[path] = a
	}
	for _, file := range []string{"swagger-ui.css", "swagger-ui-bundle.js"} {
		a, err := newAsset(static.FS, file+".gz", true)
		if err != nil {
			return nil, fmt.Errorf("reading Swagger UI: %w", err)
		}
		p.assets["/api/docs/"+file] = a
	}
	return p, nil
}

// asset is one file of the binary. A browser keeps it and asks with its ETag whether it is still the same.
type asset struct {
	contentType, policy string
	ancestors           string // who may show it in a frame
	file                *stored
	gzipped             bool
}

// newAsset is the file of that name. The name of a gzipped one ends in .gz.
func newAsset(files fs.FS, name string, gzipped bool) (*asset, error) {
	file, err := newStored(files, name)
	if err != nil {
		return nil, err
	}
	types := map[string]string{".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
	return &asset{file: file, gzipped: gzipped, policy: apiPolicy, ancestors: noFrames,
		contentType: types[path.Ext(strings.TrimSuffix(name, ".gz"))] + "; charset=utf-8"}, nil
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Security-Policy", a.policy)
	mayFrame(h, a.ancestors)
	if !a.gzipped {
		h.Set("ETag", `"`+a.file.tag()+`"`)
		a.file.serve(w, r)
		return
	}
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("ETag", `"`+a.file.tag()+`"`)
		h.Set("Content-Encoding", "gzip")
		a.file.serve(w, r)
		return
	}
	file := a.file.open()
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		panic(err) // the file is part of the binary
	}
	_, _ = io.Copy(w, plain) //nolint:gosec // our own file; fails only when the client has gone
}

// document serves the OpenAPI document. server is its line with the address of the API, without that address: behind a
// proxy's prefix it is another one.
func (g *Gateway) document(contentType, server string, text func() []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "no-cache")
		here := bytes.Replace(text(), []byte(server+apiMount), []byte(server+entered(r).base+apiMount), 1)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(here))
	})
}

// hostName matches what may stand in a command that somebody copies from the page.
var hostName = regexp.MustCompile(`^[A-Za-z0-9._:\[\]-]{1,255}$`)

// startPage says what runs here and what to do first.
func (g *Gateway) startPage(w http.ResponseWriter, r *http.Request) {
	at := auth.OriginFrom(r.Context())
	host := at.Host
	if !hostName.MatchString(host) {
		host = "localhost:2000"
	}
	mqttHost, mqttPort := "localhost", "1883"
	if mqtt := g.o.MQTTAddr(); mqtt != "" {
		mqttPort = mqtt[strings.LastIndexByte(mqtt, ':')+1:]
	}
	g.writePage(w, r, http.StatusOK, g.pages.start, map[string]any{
		"Address": at.Scheme + "://" + host + entered(r).base, "MQTTHost": mqttHost, "MQTTPort": mqttPort, "Version": g.o.Version,
		"Health": g.parts(r.Context(), true),
	})
}

// notFoundPage is for a person who typed an address that is not there.
func (g *Gateway) notFoundPage(w http.ResponseWriter, r *http.Request) {
	g.writePage(w, r, http.StatusNotFound, g.pages.missing, map[string]any{})
}

func (g *Gateway) writePage(w http.ResponseWriter, r *http.Request, status int, page *template.Template, data map[string]any) {
	data["Base"] = auth.OriginFrom(r.Context()).BasePath
	var text bytes.Buffer
	if err := page.Execute(&text, data); err != nil {
		panic(err) // the page is part of the binary
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy+g.o.FrameAncestors)
	mayFrame(h, g.o.FrameAncestors)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text.Bytes())
	}
}
