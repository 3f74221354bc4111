package listing_test

import (
	"context"
	"log/slog"
	"testing"

	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/jobs"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/zh"
)

// The index follows every change through the jobs of the same transaction, and holds what the public sees, no more.
func TestIndex_HoldsWhatThePublicSees(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	analyzer, err := zh.New()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := local.Open(t.TempDir(), analyzer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	workers := jobs.NewWorkers()
	b.listings.Register(workers, engine)
	worker, err := jobs.New(jobs.Config{DB: b.db, Workers: workers, Sole: true, Log: slog.New(slog.DiscardHandler), Now: b.now})
	if err != nil {
		t.Fatal(err)
	}
	finds := func(when, text string, want int) {
		t.Helper()
		if err := worker.Drain(ctx); err != nil {
			t.Fatal(when, err)
		}
		got, err := engine.Search(ctx, search.Query{Text: text, Limit: 10})
		if err != nil || got.Total != want {
			t.Errorf("%s: %q finds %d, want %d: %v", when, text, got.Total, want, err)
		}
	}
	it := b.draft(t, "焦炉煤气干法脱硫")
	finds("draft", "干法脱硫", 0)
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	finds("submitted", "干法脱硫", 0)
	b.do(t, b.league, it.ID, listing.EventPublish, "")
	finds("published", "干法脱硫", 1)
	l := b.do(t, b.owner, it.ID, listing.EventRevise, "")
	revised := full("沼气生物提纯装置")
	revised.Summary, revised.Problem, revised.Description = "把沼气提纯成车用燃气", "沼气含二氧化碳多，热值低", "用水洗和膜分离两级提纯，甲烷回收率高，适合牧场就地使用，无需外购药剂。"
	if _, err := b.achievements.Save(ctx, b.owner, it.ID, l.Version, revised); err != nil {
		t.Fatal(err)
	}
	finds("revising", "沼气提纯", 0)
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	b.do(t, b.league, it.ID, listing.EventPublish, "")
	finds("second version", "沼气提纯", 1)
	finds("second version", "干法脱硫", 0)
	if _, err := b.identity.DoOrganisation(ctx, b.regional, b.org, identity.OrgSuspend, "样例"); err != nil {
		t.Fatal(err)
	}
	finds("suspended", "沼气提纯", 0)
	if _, err := b.identity.DoOrganisation(ctx, b.regional, b.org, identity.OrgRestore, ""); err != nil {
		t.Fatal(err)
	}
	finds("restored", "沼气提纯", 1)

	// A job that comes twice or late does no harm.
	if err := b.listings.Index(ctx, engine, []int64{it.ID, it.ID, 1 << 40}); err != nil {
		t.Fatal(err)
	}
	finds("again", "沼气提纯", 1)
	b.do(t, b.owner, it.ID, listing.EventWithdraw, "")
	finds("withdrawn", "沼气提纯", 0)
	b.publish(t, "另一项公开的成果")
	documents := 0
	if err := b.listings.Documents(ctx, func(ds ...search.Document) error { documents += len(ds); return nil }); err != nil || documents != 1 {
		t.Errorf("%d documents to rebuild from, %v", documents, err)
	}
	if err := engine.Rebuild(ctx, func(emit func(...search.Document) error) error {
		return b.listings.Documents(context.WithoutCancel(ctx), emit)
	}); err != nil {
		t.Fatal(err)
	}
	finds("rebuilt", "另一项公开的成果", 1)
}
