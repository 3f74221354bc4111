package registry

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	Scanned int                       // pages without text
	Failure string                    // why the text could not be read
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
	i := slices.IndexFunc(attached, func(f contract.File) bool {
		return f.Role == contract.SignedText && strings.HasSuffix(strings.ToLower(f.Name), ".pdf")
	})
	if i < 0 {
		return out, nil
	}
	out.File = attached[i].ID
	paper, err := s.config.Reader.Open(ctx, a, files.Object{Kind: "filing", ID: filing}, out.File)
	if err != nil {
		return out, err
	}
	defer paper.Close()
	text, err := s.textOf(ctx, paper)
	if err != nil {
		return out, err
	}
	out.Failure = text.Failure
	reading := s.readings.of(paper.Digest, text.Pages)
	out.Scanned = reading.Blank
	out.Rows, out.Answers = extract.Compare(content, reading), reading.Answers(content, attached)
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

// readings keeps what the texts of the last files say: a file never changes, and reading twenty pages takes 75 ms, on every view of a case.
type readings struct {
	mu    sync.Mutex
	known map[string]extract.Reading // by the digest of the file
	order []string
}

const keptReadings = 64

func (r *readings) of(digest string, pages []string) extract.Reading {
	r.mu.Lock()
	found, ok := r.known[digest]
	r.mu.Unlock()
	if ok {
		return found
	}
	found = extract.Read(pages, false)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[string]extract.Reading{}
	}
	if _, twice := r.known[digest]; !twice {
		r.order = append(r.order, digest)
	}
	if r.known[digest] = found; len(r.order) > keptReadings {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	return found
}
