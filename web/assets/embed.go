// Package assets holds what a browser loads: the mark, our ES modules, and the vendor folder that `go generate ./web/assets`
// fills with the style sheet (made of css/*.css) and with files of node_modules (htmx, icons). The vendor folder is never
// committed. Without it the package still builds; then icons are blank, and view.NewAssets refuses to start without a sheet.
package assets

import "embed"

//go:generate go run ./vendoring

// FS holds mark.svg, card.png (what share cards show), js/ and vendor/.
//
//go:embed mark.svg card.png js all:vendor
var FS embed.FS
