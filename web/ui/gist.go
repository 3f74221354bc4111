package ui

import (
	"cmp"
	"strings"

	"techmarket/web"
	"techmarket/web/view"
)

// gist is what search programs and share cards say of a page without a lead: its first texts and facts, as the reader sees them.
func gist(c *web.Ctx, blocks ...Block) string {
	var said []string
	for _, b := range blocks {
		for _, part := range b.Parts {
			switch part := part.(type) {
			case view.Prose:
				for _, paragraph := range part {
					said = append(said, paragraph.String())
				}
			case view.Facts:
				for _, f := range part.Items {
					if value := cmp.Or(f.Value, f.Text.String()); value != "" {
						said = append(said, c.T(f.Label)+" "+c.T(value))
					}
				}
			}
		}
	}
	return Clip(strings.Join(said, "；"), 120)
}
