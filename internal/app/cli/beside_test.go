package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/matching"
	"techmarket/search"
	"techmarket/search/meili/meilitest"
)

// A command beside a running market must not fail because Meilisearch is away, nor write to the index that the market serves from.
func TestACommandBesideARunningMarketLeavesItsMeilisearchAlone(t *testing.T) {
	t.Parallel()
	p := apptest.NewPlatform(t, time.Now, io.Discard)
	market, err := app.Compose(t.Context(), p)
	apptest.NoErr(t, err)
	apptest.NoErr(t, ImportFile(t.Context(), market, &app.Environment{Stdin: strings.NewReader(""), Stdout: io.Discard},
		strings.NewReader(threeRows), Importing{Kind: achievement.Kind, Name: "资料.jsonl", Yes: true}))

	url, written := meilitest.Refusing(t, http.StatusServiceUnavailable, "")
	beside := &app.Platform{Config: p.Config, Now: p.Now, Log: p.Log, DB: p.DB, Cache: p.Cache, Files: p.Files, Mail: p.Mail, Fonts: p.Fonts,
		Words: p.Words, Attached: true}
	beside.Config.MeiliURL = url
	s, err := app.Compose(t.Context(), beside)
	apptest.NoErr(t, err)
	out := &apptest.Output{}
	apptest.NoErr(t, Verify(t.Context(), s, &app.Environment{Stdout: out, Stderr: out}, nil, ""))
	apptest.NoErr(t, s.FillAside(t.Context()))
	found, err := s.Watch.Find(t.Context(), matching.Request{Want: string(achievement.Kind), Limit: 5,
		Listing: search.Document{Kind: string(demand.Kind), Body: "紫色氧化钨制备碳化钨粉，用于硬质合金"}})
	if apptest.NoErr(t, err); len(found.Items) == 0 {
		t.Error("the command finds nothing")
	}
	if got := written(); len(got) > 0 {
		t.Errorf("the command wrote to Meilisearch: %v", got)
	}
}
