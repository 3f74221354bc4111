package importer

import (
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
)

// Columns are the template's columns for writing listings out, in the order of Cells, so that a file that was written can be
// imported elsewhere. What names a contact person is left out unless asked for. Fault: invalid "import_kind".
func (s *Service) Columns(kind listing.Kind, contacts bool) ([]document.SheetColumn, error) {
	form, err := s.sheet(kind)
	if err != nil {
		return nil, err
	}
	var out []document.SheetColumn
	for _, h := range form.Columns {
		if contacts || !h.Personal() {
			out = append(out, document.SheetColumn{Title: h.Title, Width: 20})
		}
	}
	return out, nil
}

// Cells are the values of one content of that kind under Columns.
func (s *Service) Cells(kind listing.Kind, content any, contacts bool) ([]any, error) {
	form, err := s.sheet(kind)
	if err != nil {
		return nil, err
	}
	var out []any
	for i, cell := range form.Cells(content) {
		if contacts || !form.Columns[i].Personal() {
			out = append(out, cell)
		}
	}
	return out, nil
}
