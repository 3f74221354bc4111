package e2e

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/insight/annual"
)

// TestAnnual_AYearFromContractsToAFrozenEdition walks the report: drafted from what is registered, completed, frozen, corrected.
func TestAnnual_AYearFromContractsToAFrozenEdition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.things()
	member := w.as("member")
	at := member.get("/annual").submit("/annual", values{"year": "2026"}).want(200, "已按现有记录起草", "待补事项", "六种方式合同").path
	member.get("/annual").submit("/annual", values{"year": "2026"}).want(422, "已经有一份草稿")
	number := w.scan(`select number from registration limit 1`)
	page := member.get(at)
	member.get(page.link(at+"/contracts?line=projects")).want(200, number[:4])
	w.as("league").get(at).want(404) // a draft is the unit's own
	member.get(at).submit(at, values{"figures.shares.c": "十万"}).want(422, "股权奖励金额")
	member.get(at).submit(at, values{"figures.shares.c": "12.5", "texts.1": "修订了转化办法。"}).want(200, "已保存", "12.5 万元", "修订了转化办法")
	if docx := member.get(at + "/report.docx").want(200); !bytes.HasPrefix(docx.body, []byte("PK")) {
		t.Error("the text is no Word file")
	}
	if xlsx := member.get(at + "/report.xlsx").want(200); !bytes.HasPrefix(xlsx.body, []byte("PK")) {
		t.Error("the figures are no workbook")
	}
	member.get(at).submit(at+"/freeze", nil).want(200, "已提交并锁定", "SHA-256")
	w.as("league").get(at).want(200, "已提交")
	w.as("otherLeague").get(at).want(404)
	if _, err := w.s.Platform.DB.Exec(context.Background(), `update annual_report set note = 'x'`); err == nil ||
		!strings.Contains(err.Error(), "stays as it is") {
		t.Errorf("a frozen edition was changed: %v", err)
	}
	member.get(at).submit(at+"/correct", values{"note": ""}).want(422, "请写明哪个数错了")
	member.get(at).submit(at+"/correct", values{"note": "股权奖励漏计一人"}).want(200, "已另起更正版", "第 2 版", "股权奖励漏计一人")
	member.get(at).want(200, "不再改动")
}

// Two who freeze at once: one wins, the other is told who was first, and the content lies under its digest.
func TestAnnual_OfTwoWhoFreezeAtOnceOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, who := context.Background(), w.who("member")
	id, err := w.s.Annual.Start(ctx, who, 2025)
	apptest.NoErr(t, err)
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() { errs[i] = w.s.Annual.Freeze(ctx, who, id, 1) })
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !fault.HasCode(err, "annual_frozen") || !strings.Contains(err.Error(), who.Name):
			t.Errorf("who was late is told: %v", err)
		}
	}
	v, err := w.s.Annual.Read(ctx, who, id)
	apptest.NoErr(t, err)
	digest, err := v.Content.Digest()
	apptest.NoErr(t, err)
	if won != 1 || v.State != annual.Frozen || digest != v.Digest {
		t.Errorf("%d won, %s, digest %s of %s", won, v.State, v.Digest, digest)
	}
	if _, err := w.s.Annual.Start(ctx, w.who("company"), 2025); !fault.HasCode(err, "not_reporting") {
		t.Errorf("a company drafted one: %v", err)
	}
}
