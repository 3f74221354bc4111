package registry

import (
	"context"
	"slices"
	"strings"
	"sync"

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
	reading := s.readings.of(paper.Digest, text.Pages)
	out.Scanned = reading.Blank
	out.Rows = extract.Compare(c.Contract.Content, reading)
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
