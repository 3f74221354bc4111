package registry_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

func TestAWordIsFoundInTheSignedTextWithItsPlace(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	fonts, err := registrytest.Fonts()
	registrytest.Check(t, err)
	p := fonts.New(document.PDFOptions{Title: "合同", At: time.Unix(0, 0)})
	p.Paragraph(strings.Repeat("甲方提供试验条件。", 300))
	p.Paragraph("乙方不得改进该技术，改进成果无偿归甲方所有 (Grant Back)。")
	raw, err := p.Bytes()
	registrytest.Check(t, err)
	stored, err := w.Files.Receive(ctx, "合同.pdf", bytes.NewReader(raw))
	registrytest.Check(t, err)
	draft := w.Draft(w.Content(), stored.Digest)
	_, err = w.DB.Exec(ctx, `update file set size = $2 where digest = $1`, stored.Digest, stored.Size) // the world writes 1
	registrytest.Check(t, err)
	f, err := w.S.Submit(ctx, w.Seller, draft, w.County.ID)
	registrytest.Check(t, err)
	c, err := w.S.Case(ctx, w.Registrar, f.ID)
	registrytest.Check(t, err)
	file := c.Contract.Files[0].ID
	for range 2 { // the second time from the kept text
		found, err := w.S.FindInPaper(ctx, w.Registrar, f.ID, file, " 改进成果 无偿归甲方")
		registrytest.Check(t, err)
		if found.Total != 1 || found.Hits[0].Page != 2 || found.Hits[0].Match != "改进成果无偿归甲方" ||
			!strings.HasPrefix(found.Hits[0].Place(), "第 2 页：…") ||
			!strings.HasSuffix(found.Hits[0].Before, "不得改进该技术，") ||
			!strings.HasPrefix(found.Hits[0].After, "所有") {
			t.Errorf("got %+v", found)
		}
	}
	if found, err := w.S.FindInPaper(ctx, w.Registrar, f.ID, file, "grant BACK"); err != nil || found.Total != 1 {
		t.Errorf("letter case: %+v, %v", found, err)
	}
	if found, err := w.S.FindInPaper(ctx, w.Registrar, f.ID, file, "试验条件"); err != nil || found.Total != 300 || len(found.Hits) != 50 {
		t.Errorf("many: %d of %d, %v", len(found.Hits), found.Total, err)
	}
	if _, err := w.S.FindInPaper(ctx, w.Registrar, f.ID, file, "  "); !fault.Is(err, fault.Invalid) {
		t.Errorf("an empty word: %v", err)
	}
	if _, err := w.S.FindInPaper(ctx, w.Stranger, f.ID, file, "技术"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger searches: %v", err)
	}
	_, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	registrytest.Check(t, err)
	place := "第 2 页：…改进成果无偿归甲方…"
	got := w.Review(w.Registrar, f.ID, func(r *registry.Review) {
		r.Findings = []registry.Finding{{Code: "monopoly_clause", Place: place}}
	})
	if got.Review.Findings[0].Place != place {
		t.Errorf("place %q", got.Review.Findings[0].Place)
	}
}
