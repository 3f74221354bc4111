package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/scan"
)

// Recogniser reads the text of pictures; *scan.Scanner is one.
type Recogniser interface {
	Page(ctx context.Context, path string, page int) (scan.Text, error)
	Picture(ctx context.Context, picture io.Reader) (scan.Text, error)
}

// Enqueuer inserts background work in the caller's transaction.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// PapersConfig is what Papers need.
type PapersConfig struct {
	DB         *postgres.DB
	Files      *files.Store
	Jobs       Enqueuer
	Recogniser func(ctx context.Context) (Recogniser, error) // the fault "scan_missing" where there is none
	Now        func() time.Time
}

// Papers brings the text of stored papers: of a PDF its text layer, of Word its paragraphs, of scans what is recognised by a job.
type Papers struct {
	config PapersConfig

	mu    sync.Mutex
	known map[string]Reading // what the last texts say: a file never changes, and reading twenty pages takes 75 ms
	order []string
}

// NewPapers makes the service.
func NewPapers(c PapersConfig) *Papers { return &Papers{config: c, known: map[string]Reading{}} }

// maxScans is how many pages of one file are recognised: about five minutes of one core.
const maxScans = 60

// Text is the text of a stored file.
type Text struct {
	Pages      []string // of Word: paragraphs
	Again      []string // what a second look at the same pictures reads, by page; empty where there was none
	Failure    string   // why there is no text
	Recognised []int    // the numbers of the pages that are pictures and were looked at
	Waiting    bool     // a job recognises the others
	Unable     string   // why pictures cannot be read here
	Word       bool
}

// Pictures counts the pages that were or will be recognised, or cannot be.
func (t Text) Pictures() int { return len(t.Recognised) + len(t.pending()) }

// pending are the numbers of the pages without text that nobody has looked at.
func (t Text) pending() []int {
	var out []int
	for i, p := range t.Pages {
		if strings.TrimSpace(p) == "" && !slices.Contains(t.Recognised, i+1) && len(out) < maxScans {
			out = append(out, i+1)
		}
	}
	return out
}

// Readable reports whether a file of that name is a paper whose text can be read.
func Readable(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(
		[]string{".pdf", ".docx", ".png", ".jpg", ".jpeg"},
		func(end string) bool { return strings.HasSuffix(name, end) },
	)
}

// Text reads a stored file, once for each content. Pictures are left to a job; until it has ended Waiting is true.
func (p *Papers) Text(ctx context.Context, f *files.Opened) (Text, error) {
	word := strings.HasSuffix(f.MIME, "wordprocessingml.document")
	text, err := loadText(ctx, p.config.DB, f.Digest)
	text.Word = word
	if errors.Is(err, pgx.ErrNoRows) {
		if text, err = p.layer(ctx, f); err != nil {
			return text, err
		}
		text.Word = word
		err = p.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return storeText(ctx, tx, f.Digest, text, p.config.Now()) })
	}
	if err != nil || word || text.Failure != "" || text.Waiting || len(text.pending()) == 0 || len(text.Recognised) >= maxScans {
		return text, err
	}
	if _, err := p.config.Recogniser(ctx); err != nil {
		if !fault.HasCode(err, "scan_missing") {
			return text, err
		}
		text.Unable = fault.Words(err)
		return text, nil
	}
	return text, p.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		text.Waiting = true
		first, err := await(ctx, tx, f.Digest)
		if err != nil || !first {
			return err
		}
		return p.config.Jobs.Enqueue(ctx, tx, RecogniseArgs{Digest: f.Digest, Picture: strings.HasPrefix(f.MIME, "image/")}, jobs.Options{})
	})
}

// layer reads what needs no recognising.
func (p *Papers) layer(ctx context.Context, f *files.Opened) (Text, error) {
	text := Text{Pages: []string{}}
	var err error
	switch {
	case f.MIME == "application/pdf":
		at, ok := f.ReadSeekCloser.(io.ReaderAt)
		if !ok {
			return text, fmt.Errorf("file %d cannot be read at a place", f.ID)
		}
		var pages []string
		if pages, err = document.PDFText(at, f.Size); err == nil {
			text.Pages = pages
		}
	case strings.HasSuffix(f.MIME, "wordprocessingml.document"):
		var raw []byte
		if raw, err = io.ReadAll(io.LimitReader(f, files.MaxSize)); err != nil {
			return text, err
		}
		var all string
		all, err = document.WordText(ctx, raw)
		for line := range strings.SplitSeq(all, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				text.Pages = append(text.Pages, line)
			}
		}
	case strings.HasPrefix(f.MIME, "image/"):
		text.Pages = []string{""}
	default:
		text.Failure = "只能读取 PDF、Word（.docx）和图片里的文字。"
	}
	if fault.Is(err, fault.Invalid) {
		text.Failure, err = fault.Words(err), nil
	}
	return text, err
}

// Read reads what a stored paper says.
func (p *Papers) Read(ctx context.Context, f *files.Opened) (Reading, Text, error) {
	text, err := p.Text(ctx, f)
	if err != nil {
		return Reading{}, text, err
	}
	key := f.Digest + ":" + strconv.Itoa(len(text.Recognised))
	p.mu.Lock()
	found, ok := p.known[key]
	p.mu.Unlock()
	if ok {
		return found, text, nil
	}
	found = text.read()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, twice := p.known[key]; !twice {
		p.order = append(p.order, key)
	}
	if p.known[key] = found; len(p.order) > keptReadings {
		delete(p.known, p.order[0])
		p.order = p.order[1:]
	}
	return found, text, nil
}

// ReadSigned reads the signed text among the attachments, which open brings for whoever asks; file is 0 where there is none.
func (p *Papers) ReadSigned(ctx context.Context, attached []contract.File, open func(file int64) (*files.Opened, error)) (
	reading Reading, text Text, file int64, err error,
) {
	signed, ok := Signed(attached)
	if !ok {
		return reading, text, 0, nil
	}
	paper, err := open(signed.ID)
	if err != nil {
		return reading, text, signed.ID, err
	}
	defer paper.Close()
	reading, text, err = p.Read(ctx, paper)
	return reading, text, signed.ID, err
}

const keptReadings = 64

func (t Text) read() Reading {
	if t.Word {
		return read(t.Pages, unitParagraph, false)
	}
	r := Read(t.Pages, len(t.Recognised) > 0)
	if len(t.Recognised) == 0 {
		return r
	}
	again := slices.Clone(t.Pages)
	for i, page := range t.Again {
		if page != "" && i < len(again) {
			again[i] = page
		}
	}
	return r.beside(Read(again, true))
}

// RecogniseArgs recognises the pictures of a stored file.
type RecogniseArgs struct {
	Digest  string `json:"digest"`
	Picture bool   `json:"picture"` // the file itself is one
}

// Kind names the job.
func (RecogniseArgs) Kind() string { return "paper_recognise" }

// RegisterJobs says which function works the job.
func (p *Papers) RegisterJobs(w *jobs.Workers) { jobs.RegisterLong(w, time.Hour, p.recognise) }

// recognise reads the pictures of a file page by page; each is kept as it is done, so that a new start goes on where the last ended. A
// page that cannot be read stays without text.
func (p *Papers) recognise(ctx context.Context, a RecogniseArgs) error {
	text, err := loadText(ctx, p.config.DB, a.Digest)
	if errors.Is(err, pgx.ErrNoRows) { // emptied meanwhile: the next reader asks again
		return nil
	}
	if err != nil {
		return err
	}
	recogniser, err := p.config.Recogniser(ctx)
	if err == nil {
		for _, n := range text.pending()[:min(len(text.pending()), maxScans-len(text.Recognised))] {
			found, err := p.look(ctx, recogniser, a, n)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				found = scan.Text{}
			}
			if err := storePage(ctx, p.config.DB, a.Digest, n, found, p.config.Now()); err != nil {
				return err
			}
		}
	}
	return arrived(ctx, p.config.DB, a.Digest)
}

func (p *Papers) look(ctx context.Context, r Recogniser, a RecogniseArgs, page int) (scan.Text, error) {
	content, err := p.config.Files.Open(files.File{Digest: a.Digest})
	if err != nil {
		return scan.Text{}, err
	}
	defer content.Close()
	if a.Picture {
		return r.Picture(ctx, content)
	}
	onDisk, ok := content.(interface{ Name() string })
	if !ok {
		return scan.Text{}, fmt.Errorf("file %s is not on the disk", a.Digest)
	}
	return r.Page(ctx, onDisk.Name(), page)
}
