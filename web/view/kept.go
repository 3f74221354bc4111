package view

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html/template"
	"sync"
)

// mostKept bounds the drawn components that are kept, in bytes of markup; when it is reached all are forgotten.
const mostKept = 16 << 20

// kept holds components as they were drawn, by their content: what was drawn before is the same bytes again, so nothing can be stale.
// Signed-in readers see the same lists as everybody, in pages of their own; drawing lists is most of what such a page costs.
type kept struct {
	mu    sync.Mutex
	drawn map[[sha256.Size]byte]template.HTML
	size  int
}

// drawKept is {{kept .Rows}}: draw for a component whose exported fields are all of its content.
func (e *Engine) drawKept(c Component) (template.HTML, error) {
	if absent(c) {
		return "", nil
	}
	content, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("kept %T: %w", c, err)
	}
	key := sha256.Sum256(append(content, c.Partial()...))
	e.kept.mu.Lock()
	html, ok := e.kept.drawn[key]
	e.kept.mu.Unlock()
	if ok {
		return html, nil
	}
	if html, err = e.draw(c); err != nil {
		return "", err
	}
	e.kept.mu.Lock()
	defer e.kept.mu.Unlock()
	if e.kept.size += len(html); e.kept.size > mostKept || e.kept.drawn == nil {
		e.kept.drawn, e.kept.size = map[[sha256.Size]byte]template.HTML{}, len(html)
	}
	e.kept.drawn[key] = html
	return html, nil
}
