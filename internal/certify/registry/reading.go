package registry

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
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
	return s.readPaper(ctx, a, c.Filing.ID, c.Contract)
}

func (s *Service) readPaper(ctx context.Context, a actor.Actor, filing int64, frozen contract.Frozen) (PaperReading, error) {
	var out PaperReading
	content, attached := frozen.Content, frozen.Files
	out.Answers = extract.Reading{}.Answers(content, attached)
	reading, text, file, err := s.config.Papers.ReadSigned(ctx, attached, func(id int64) (*files.Opened, error) {
		return s.config.Reader.Open(ctx, a, files.Object{Kind: "filing", ID: filing}, id)
	})
	if out.File = file; err != nil || file == 0 {
		return out, err
	}
	out.Text, out.Blank = text, reading.Blank
	out.Rows, out.Answers = extract.Compare(content, reading), reading.Answers(content, attached)
	return out, nil
}

// Compared is the signed texts of two cases side by side.
type Compared struct {
	One, Other Filing
	Pieces     []extract.Piece
	Share      int    // percent that is alike
	Missing    string // why there is nothing to compare
}

// Compare sets the signed text of a case beside that of another: a change beside its first version, a text beside one that it resembles.
// Scope as Case, for both.
func (s *Service) Compare(ctx context.Context, a actor.Actor, filing, other int64) (Compared, error) {
	var out Compared
	var texts [2]string
	for i, id := range []int64{other, filing} {
		k, err := s.Case(ctx, a, id)
		if err != nil {
			return out, err
		}
		if out.One = k.Filing; i == 0 {
			out.Other = k.Filing
		}
		reading, err := s.ReadPaper(ctx, a, k)
		if err != nil {
			return out, err
		}
		texts[i] = strings.Join(reading.Text.Pages, "")
		if texts[i] == "" {
			out.Missing = k.Filing.IntakeNo + " 的合同正本没有能读取的文字。" + cmp.Or(reading.Text.Failure, reading.Text.Unable)
		}
	}
	if out.Missing == "" {
		out.Pieces, out.Share = extract.Changes(texts[0], texts[1])
	}
	return out, nil
}

// answered tells which answers of a saved sheet are those that the page showed. It reads before the transaction: one request never
// holds two connections. Whether the person may save at all is decided there.
func (s *Service) answered(ctx context.Context, who actor.Actor, c Command) ([]Read, error) {
	if c.Event != EventSaveReview || !c.Shown {
		return nil, nil
	}
	var frozen contract.Frozen
	err := s.trail.Guard(ctx, who, "read", "filing", strconv.FormatInt(c.Filing, 10), func(ctx context.Context, tx pgx.Tx) error {
		f, err := readFiling(ctx, tx, c.Filing)
		if err != nil {
			return err
		}
		if _, _, err := s.seen(ctx, tx, who, f); err != nil {
			return err
		}
		frozen, err = s.config.Contracts.Frozen(ctx, tx, f.ContractID, f.ContractVersion)
		return err
	})
	if err != nil {
		return nil, err
	}
	reading, err := s.readPaper(ctx, who, c.Filing, frozen)
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
