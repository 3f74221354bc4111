// Package sheet makes the one style sheet that pages load out of the readable files in web/assets/css.
// The build (web/assets/vendoring) and tests import it; the server embeds the result only.
package sheet

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
)

// Files names the files of web/assets/css in the order of the cascade: a later rule wins over an earlier
// one of the same weight. So tokens come first, and what adapts components (elder, narrow, print) comes after them.
func Files() []string {
	return []string{
		"tokens.css", "base.css", "header.css", "footer.css", "button.css", "tag.css", "layout.css", "home.css", "find.css",
		"entries.css", "list.css", "achievement.css", "rail.css", "table.css", "facts.css", "form.css", "combo.css", "notice.css", "flow.css",
		"talk.css", "match.css", "desk.css", "block.css", "chart.css", "certificate.css", "verify.css", "dialog.css", "elder.css",
		"narrow.css", "print.css", "design.css",
	}
}

// Build joins the files of a folder in the order of Files and minifies them. A file that the order does not
// name is an error, so that no rule is left out silently.
func Build(folder fs.FS) ([]byte, error) {
	names, err := fs.Glob(folder, "*.css")
	if err != nil {
		return nil, fmt.Errorf("sheet.Build: %w", err)
	}
	files := Files()
	for _, name := range names {
		if !slices.Contains(files, name) {
			return nil, fmt.Errorf("sheet.Build: %s is not in the order of sheet.Files", name)
		}
	}
	var joined bytes.Buffer
	for _, name := range files {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("sheet.Build: %w", err)
		}
		joined.Write(b)
	}
	var out bytes.Buffer
	if err := css.Minify(minify.New(), &out, &joined, nil); err != nil {
		return nil, fmt.Errorf("sheet.Build: %w", err)
	}
	return out.Bytes(), nil
}
