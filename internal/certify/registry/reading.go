package registry

import (
	"context"

	"techmarket/internal/certify/extract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/files"
)

// PaperReading is what the signed text of a case says beside what was filed.
type PaperReading struct {
	File    int64 // 0: there is no signed text that can be read
	Rows    []extract.Row
	Text    extract.Text              // how it was read
	Blank   int                       // pages without text
	Answers map[string]extract.Answer // to the questions of the checklist, by the finding's code
}

// ReadPaper reads the signed text of a case and sets it beside the application, the differences first. Who may open the paper may call.
// It decides nothing: every line names its place in the paper.
func (s *Service) ReadPaper(ctx context.Context, a actor.Actor, c Case) (PaperReading, error) {
	var out PaperReading
	content, attached := c.Contract.Content, c.Contract.Files
	out.Answers = extract.Reading{}.Answers(content, attached)
	signed, ok := extract.Signed(attached)
	if !ok {
		return out, nil
	}
	out.File = signed.ID
	paper, err := s.config.Reader.Open(ctx, a, files.Object{Kind: "filing", ID: c.Filing.ID}, out.File)
	if err != nil {
		return out, err
	}
	defer paper.Close()
	reading, text, err := s.config.Papers.Read(ctx, paper)
	if err != nil {
		return out, err
	}
	out.Text, out.Blank = text, reading.Blank
	out.Rows, out.Answers = extract.Compare(content, reading), reading.Answers(content, attached)
	return out, nil
}

// answered tells which answers of a saved sheet are those that the page showed. It reads before the transaction: one request never
// holds two connections. Whether the person may save at all is decided there.
func (s *Service) answered(ctx context.Context, who actor.Actor, c Command) ([]Read, error) {
	if c.Event != EventSaveReview || !c.Shown {
		return nil, nil
	}
	k, err := s.Case(ctx, who, c.Filing)
	if err != nil {
		return nil, err
	}
	reading, err := s.ReadPaper(ctx, who, k)
	if err != nil {
		return nil, err
	}
	var out []Read
	for _, code := range c.Review.Cleared {
		if a, ok := reading.Answers[code]; ok && a.No {
			out = append(out, Read{Code: code, Place: a.Place(), System: a.Sure})
		}
	}
	return out, nil
}
