package registry

import (
	"context"
	"slices"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/extract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/files"
)

// PaperReading is what the signed text of a case says beside what was filed.
type PaperReading struct {
	File    int64 // 0: there is no signed text that can be read
	Rows    []extract.Row
	Scanned int    // pages without text
	Failure string // why the text could not be read
}

// ReadPaper reads the signed text of a case and sets it beside the application, the differences first. Who may open the paper may call.
// It decides nothing: every line names its place in the paper.
func (s *Service) ReadPaper(ctx context.Context, a actor.Actor, c Case) (PaperReading, error) {
	i := slices.IndexFunc(c.Contract.Files, func(f contract.File) bool {
		return f.Role == contract.SignedText && strings.HasSuffix(strings.ToLower(f.Name), ".pdf")
	})
	if i < 0 {
		return PaperReading{}, nil
	}
	out := PaperReading{File: c.Contract.Files[i].ID}
	paper, err := s.config.Reader.Open(ctx, a, files.Object{Kind: "filing", ID: c.Filing.ID}, out.File)
	if err != nil {
		return out, err
	}
	defer paper.Close()
	text, err := s.textOf(ctx, paper)
	if err != nil {
		return out, err
	}
	out.Failure = text.Failure
	reading := extract.Read(text.Pages, false)
	out.Scanned = reading.Blank
	out.Rows = extract.Compare(c.Contract.Content, reading)
	return out, nil
}
