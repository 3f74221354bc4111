package view

import (
	"bytes"
	"fmt"
	"html/template"
	"reflect"
)

// Component is a part of a page that knows the partial which draws it. A page's body lists its components in the order
// in which the reader shall see them.
type Component interface {
	// Partial is the name of the {{define}} in web/templates/parts that takes this struct.
	Partial() string
}

// Parts are components in reading order. An entry that is nil is left out.
type Parts []Component

// Lists that are drawn as one component. An empty list draws nothing.
type (
	Prose   []Text // paragraphs
	Figures []Figure
	Entries []Entry
	Chips   []Chip
	Files   []FileItem
	Digests []Digest
	Links   []Link
	Actions []Action
)

// WideTable is a table that may be wider than the page: it scrolls inside its own frame.
type WideTable struct{ Table Table }

// Share is a bar with words: 72 分.
type Share struct {
	Done, Of int
	Label    string
}

// components has one of each kind. New executes every one, empty and filled, as it does with the pages.
func components() Parts {
	return Parts{
		Notice{}, Prose{}, Picture{}, Figures{}, Entries{}, Facts{}, TaskList{}, Rows{}, Rail{}, Table{}, WideTable{}, Chart{}, Matches{},
		Compare{}, Search{}, Chips{}, Files{}, Thread{}, Share{}, Meter{}, Form{}, Certificate{}, Digests{},
		Progress{}, Links{}, Actions{}, Timeline{}, Empty{}, Stamp{}, Turns{}, Standing{}, Door{},
	}
}

func (Notice) Partial() string      { return "notice" }
func (Prose) Partial() string       { return "prose" }
func (Picture) Partial() string     { return "picture" }
func (Figures) Partial() string     { return "figures" }
func (Entries) Partial() string     { return "entries" }
func (Facts) Partial() string       { return "facts" }
func (TaskList) Partial() string    { return "tasklist" }
func (Rows) Partial() string        { return "rows" }
func (Rail) Partial() string        { return "rail" }
func (Table) Partial() string       { return "table" }
func (WideTable) Partial() string   { return "widetable" }
func (Chart) Partial() string       { return "chart" }
func (Matches) Partial() string     { return "matches" }
func (Compare) Partial() string     { return "compare" }
func (Search) Partial() string      { return "search" }
func (Chips) Partial() string       { return "chips" }
func (Files) Partial() string       { return "files" }
func (Thread) Partial() string      { return "thread" }
func (Share) Partial() string       { return "share" }
func (Meter) Partial() string       { return "meter" }
func (Form) Partial() string        { return "form" }
func (Certificate) Partial() string { return "certificate" }
func (Digests) Partial() string     { return "digests" }
func (Progress) Partial() string    { return "progress" }
func (Links) Partial() string       { return "links" }
func (Actions) Partial() string     { return "actions" }
func (Timeline) Partial() string    { return "timeline" }
func (Empty) Partial() string       { return "empty" }
func (Stamp) Partial() string       { return "stamp" }
func (Turns) Partial() string       { return "turns" }
func (Standing) Partial() string    { return "standing" }
func (Door) Partial() string        { return "door" }

// absent tells whether there is nothing to draw: no component, or a pointer to none.
func absent(c Component) bool {
	if c == nil {
		return true
	}
	v := reflect.ValueOf(c)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// draw executes the component's partial. The result is markup that html/template has already escaped.
func (e *Engine) draw(c Component) (template.HTML, error) {
	if absent(c) {
		return "", nil
	}
	b := e.buffer()
	defer e.release(b)
	if err := e.parts.ExecuteTemplate(b, c.Partial(), c); err != nil {
		return "", fmt.Errorf("draw %T: %w", c, err)
	}
	return template.HTML(b.String()), nil
}

// tryComponents executes every component's partial with an empty and with a filled struct.
func (e *Engine) tryComponents(all Parts) error {
	for _, c := range all {
		t := reflect.TypeOf(c)
		for _, v := range []reflect.Value{reflect.Zero(t), filled(t)} {
			if _, err := e.draw(v.Interface().(Component)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) buffer() *bytes.Buffer { return e.buffers.Get().(*bytes.Buffer) }

// release gives a buffer back. A rare huge page must not stay in the pool.
func (e *Engine) release(b *bytes.Buffer) {
	if b.Cap() <= 1<<20 {
		b.Reset()
		e.buffers.Put(b)
	}
}
