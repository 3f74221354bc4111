package view

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/fault"
	"techmarket/web/assets"
)

// assetRoot is where Assets must be mounted. One content hash of the whole set is part of every address, so
// modules can import each other by relative names and every answer may be cached for ever.
const assetRoot = "/assets/"

// sheetName is the style sheet of every page, as `go generate ./web/assets` makes it.
const sheetName = "vendor/app.css"

// Assets serves the embedded files under hashed addresses, compressed once at start.
type Assets struct {
	version string
	files   map[string]asset
	icons   map[string]template.HTML
}

type asset struct {
	body, gzip  []byte
	contentType string
}

// NewAssets reads and compresses the embedded files. Fault: Unavailable sheet_missing, when the style sheet was not made
// before the build.
func NewAssets() (*Assets, error) { return newAssets(assets.FS) }

func newAssets(files fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]asset{}, icons: map[string]template.HTML{}}
	var all [][]byte
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if icon, ok := strings.CutPrefix(name, "vendor/icons/"); ok {
			a.icons[strings.TrimSuffix(icon, ".svg")] = inlineIcon(body)
			return nil
		}
		f := asset{body: body, contentType: contentTypes(path.Ext(name))}
		if f.contentType == "" {
			return fmt.Errorf("no content type for %s", name)
		}
		var z bytes.Buffer
		zw, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is a constant in range
		if _, err := zw.Write(body); err != nil {
			return err
		}
		if err := zw.Close(); err != nil {
			return err
		}
		if z.Len() < len(body) {
			f.gzip = z.Bytes()
		}
		a.files[name] = f
		all = append(all, []byte(name), body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("view.NewAssets: %w", err)
	}
	if !a.Has(sheetName) {
		return nil, fault.New(fault.Unavailable, "sheet_missing",
			"程序里没有样式表，网页会没有样式。请在项目目录运行 make build（或 go generate ./web/assets 后重新构建）。")
	}
	a.version = digest(all...)
	return a, nil
}

func contentTypes(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	}
	return ""
}

// Has tells whether the file is embedded (vendor files may not be).
func (a *Assets) Has(name string) bool { _, ok := a.files[name]; return ok }

// URL is the address of an embedded file, for example URL("js/app.js").
func (a *Assets) URL(name string) (string, error) {
	if !a.Has(name) {
		return "", fmt.Errorf("no asset %q", name)
	}
	return assetRoot + a.version + "/" + name, nil
}

// ServeHTTP answers GET and HEAD below /assets/. Answers are immutable; an address of an older build gets the
// present file uncached, so that a page opened before an update keeps working.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, assetRoot), "/")
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	if version == a.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body := f.body
	if f.gzip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a reader who left is not our error
	}
}

func acceptsGzip(header string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(part string) bool {
		name, params, _ := strings.Cut(part, ";")
		return strings.TrimSpace(name) == "gzip" && strings.TrimSpace(params) != "q=0"
	})
}

// Icon draws a line icon inline. It is decoration: a word always stands beside it. A name that is not
// embedded draws an empty square of the same size.
func (a *Assets) Icon(name string) template.HTML {
	if svg, ok := a.icons[name]; ok {
		return svg
	}
	return iconOpen + "</svg>"
}

const iconOpen = `<svg class="ic" width="20" height="20" viewBox="0 0 24 24" aria-hidden="true" focusable="false">`

// inlineIcon keeps the shapes of a lucide file and replaces its outer element by ours.
func inlineIcon(svg []byte) template.HTML {
	start := bytes.Index(svg, []byte("<svg"))
	if start < 0 {
		return iconOpen + "</svg>"
	}
	svg = svg[start:]
	open, end := bytes.IndexByte(svg, '>'), bytes.LastIndex(svg, []byte("</svg>"))
	if open < 0 || end < open {
		return iconOpen + "</svg>"
	}
	shapes := strings.Join(strings.Fields(string(svg[open+1:end])), " ")
	return template.HTML(iconOpen + shapes + "</svg>")
}
