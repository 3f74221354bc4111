// Package sheet makes the style sheets that pages load out of the readable files in web/assets/css: app.css for every page, and one
// for an area whose pages load it beside.
// The build (web/assets/vendoring) and tests import it; the server embeds the result only.
package sheet

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
)

// Files names the files of web/assets/css in the order of the cascade: a later rule wins over an earlier
// one of the same weight. So tokens come first, and what adapts components (elder, narrow, print) comes after them.
func Files() []string {
	return []string{
		"tokens.css", "base.css", "header.css", "footer.css", "button.css", "tag.css", "layout.css", "home.css", "find.css",
		"entries.css", "list.css", "figure.css", "rail.css", "table.css", "facts.css", "form.css", "combo.css", "notice.css", "flow.css",
		"match.css", "block.css", "chart.css", "certificate.css", "verify.css", "dialog.css", "elder.css",
		"narrow.css", "print.css", "design.css",
	}
}

// Areas names the sheets beside app.css and their files, in the order of the cascade.
func Areas() map[string][]string {
	return map[string][]string{"desk.css": {"review.css", "talk.css", "turn.css"}, "detail.css": {"achievement.css"}, "wall.css": {"wall.css"}}
}

// Build makes every sheet by its name out of the files of a folder: joined in their order and minified. A file that no order names
// is an error, so that no rule is left out silently.
func Build(folder fs.FS) (map[string][]byte, error) {
	names, err := fs.Glob(folder, "*.css")
	if err != nil {
		return nil, fmt.Errorf("sheet.Build: %w", err)
	}
	sheets := Areas()
	sheets["app.css"] = Files()
	known, out := slices.Concat(slices.Collect(maps.Values(sheets))...), map[string][]byte{}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("sheet.Build: %s is not in the order of sheet.Files or sheet.Areas", name)
		}
	}
	for name, files := range sheets {
		if out[name], err = join(folder, files); err != nil {
			return nil, fmt.Errorf("sheet.Build: %w", err)
		}
	}
	return out, nil
}

func join(folder fs.FS, files []string) ([]byte, error) {
	var joined, out bytes.Buffer
	for _, name := range files {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		joined.Write(b)
	}
	err := css.Minify(minify.New(), &out, &joined, nil)
	return out.Bytes(), err
}
