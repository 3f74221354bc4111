package registry

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
)

// Find is what searching a paper of a case found.
type Find struct {
	Word    string
	Pages   int
	Scanned int // pages without text: they are pictures
	Total   int
	Hits    []Hit  // at most 50
	Failure string // why the text could not be read
}

// Hit is one place in a paper. Text has no white space: a word may go on across lines.
type Hit struct {
	Page                 int
	Before, Match, After string
}

// Place names a hit as the checklist keeps it.
func (h Hit) Place() string {
	return fmt.Sprintf("第 %d 页：…%s%s%s…", h.Page, h.Before, h.Match, h.After)
}

// FindInPaper looks for a word in an attached PDF of a case, page by page, ignoring white space and letter case. Scope as Case.
// NotFound "file_not_found"; Invalid field "find" for an empty word or a file that is no PDF.
func (s *Service) FindInPaper(ctx context.Context, a actor.Actor, filing, file int64, word string) (Find, error) {
	out := Find{Word: word}
	needle := squeeze(word)
	var bad fault.Fields
	bad.Check(needle != "" && utf8.RuneCountInString(needle) <= 60, "find", "required", "请填写要查找的词，不超过 60 个字")
	paper, err := s.config.Reader.Open(ctx, a, files.Object{Kind: "filing", ID: filing}, file)
	if err != nil {
		return out, err
	}
	defer paper.Close()
	bad.Check(paper.MIME == "application/pdf", "find", "no_pdf", "只能在 PDF 里查找")
	if err := bad.Err(); err != nil {
		return out, err
	}
	text, err := s.config.Papers.Text(ctx, paper)
	if err != nil {
		return out, err
	}
	out.Pages, out.Failure = len(text.Pages), text.Failure
	for n, page := range text.Pages {
		if page == "" {
			out.Scanned++
			continue
		}
		folded := fold(page)
		for at := 0; ; {
			i := strings.Index(folded[at:], needle)
			if i < 0 {
				break
			}
			from, to := at+i, at+i+len(needle)
			if out.Total++; len(out.Hits) < 50 {
				out.Hits = append(out.Hits, Hit{n + 1, tail(page[:from], 16), page[from:to], head(page[to:], 16)})
			}
			at = to
		}
	}
	return out, nil
}

// fold makes letters equal without changing the length of the text.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if low := unicode.ToLower(r); utf8.RuneLen(low) == utf8.RuneLen(r) {
			return low
		}
		return r
	}, text)
}

func squeeze(text string) string { return fold(strings.Join(strings.Fields(text), "")) }

func head(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i]
		}
	}
	return text
}

func tail(text string, n int) string {
	for i := len(text); i > 0; {
		_, size := utf8.DecodeLastRuneInString(text[:i])
		if n--; n < 0 {
			return text[i:]
		}
		i -= size
	}
	return text
}
