package gateway

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/auth"
)

// page is the built page. All of its files are found by exact path: there is no path by which others could be reached.
type page struct {
	index  string
	policy string
	assets map[string]http.Handler
}

// workerPolicy is that of our files. A shared worker obeys the policy of its own file, and asks our API.
const workerPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"

// baseTag is where the page learns what stands before our paths, nonceTag where it learns the word that permits a style
// sheet of its own making. Scripts are permitted by no such word.
const (
	baseTag  = `<base href="/" />`
	nonceTag = `<meta property="csp-nonce" nonce="" />`
)

// loadPage reads the files of the build. It returns nil where there are none.
func loadPage(files fs.FS, frameAncestors string) (*page, error) {
	if files == nil {
		return nil, nil //nolint:nilnil // a binary without a page is one of two usual cases
	}
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	for _, tag := range []string{baseTag, nonceTag} {
		if !bytes.Contains(index, []byte(tag)) {
			return nil, fmt.Errorf("reading the page: index.html lacks %s", tag)
		}
	}
	p := &page{index: string(index), assets: map[string]http.Handler{},
		policy: "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; " +
			"font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors " + frameAncestors}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "index.html" || name == ".keep" {
			return err
		}
		switch path.Ext(name) {
		case ".gz", ".br":
			return nil
		}
		p.assets["/"+name], err = loadPageFile(files, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	return p, nil
}

// pageFile is one file of the build in the encodings that it was built in.
type pageFile struct {
	contentType string
	lasts       bool // the name changes with the content
	plain       *stored
	encoded     map[string]*stored
}

func loadPageFile(files fs.FS, name string) (*pageFile, error) {
	plain, err := newStored(files, name)
	if err != nil {
		return nil, err
	}
	f := &pageFile{lasts: strings.HasPrefix(name, "assets/"), plain: plain, encoded: map[string]*stored{}}
	switch path.Ext(name) {
	case ".js":
		f.contentType = "text/javascript; charset=utf-8"
	case ".css":
		f.contentType = "text/css; charset=utf-8"
	case ".svg":
		f.contentType = "image/svg+xml"
	case ".json":
		f.contentType = "application/json"
	case ".woff2":
		f.contentType = "font/woff2"
	default:
		return nil, fmt.Errorf("%s is of no kind that a page has", name)
	}
	for encoding, ext := range map[string]string{"br": ".br", "gzip": ".gz"} {
		switch encoded, err := newStored(files, name+ext); {
		case err == nil:
			f.encoded[encoding] = encoded
		case !errors.Is(err, fs.ErrNotExist): // the build compresses what becomes smaller by it
			return nil, err
		}
	}
	return f, nil
}

// ServeHTTP serves the smallest encoding that the browser takes.
func (f *pageFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", workerPolicy)
	if f.lasts {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	chosen, tag := f.plain, f.plain.tag()
	for _, encoding := range []string{"br", "gzip"} {
		if encoded := f.encoded[encoding]; encoded != nil && takes(r.Header.Get("Accept-Encoding"), encoding) {
			chosen, tag = encoded, tag+"-"+encoding
			h.Set("Content-Encoding", encoding)
			break
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	chosen.serve(w, r)
}

// takes reports whether an Accept-Encoding header names an encoding and does not refuse it (RFC 9110, section 12.5.3).
func takes(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.TrimSpace(weight)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// servePage answers a person with a browser: with the page, which finds out by itself what stands at an address.
func (g *Gateway) servePage(w http.ResponseWriter, r *http.Request) {
	if g.page == nil {
		if r.URL.Path == "/" {
			g.startPage(w, r)
			return
		}
		g.notFoundPage(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	nonce := rand.Text()
	h.Set("Content-Security-Policy", strings.Replace(g.page.policy, "'nonce-'", "'nonce-"+nonce+"'", 1))
	mayFrame(h, g.o.FrameAncestors)
	base := `<base href="` + html.EscapeString(auth.OriginFrom(r.Context()).BasePath) + `" />`
	text := strings.Replace(g.page.index, baseTag, base, 1)
	text = strings.Replace(text, nonceTag, `<meta property="csp-nonce" nonce="`+nonce+`" />`, 1)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
}
