// Package assets holds what a browser loads: the style sheet, our ES modules, and the vendor folder that
// `go generate ./web/assets` fills from node_modules (htmx, icons). Third-party files are never committed;
// without them the package still builds, pages still work, and icons are blank.
package assets

import "embed"

//go:generate go run ./vendoring

// FS holds app.css, mark.svg, js/ and vendor/.
//
//go:embed app.css mark.svg js all:vendor
var FS embed.FS
