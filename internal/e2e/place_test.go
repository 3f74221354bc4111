package e2e

import (
	"context"
	"strings"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/region"
)

// TestPlaces_EveryCountyAndZoneHasAPage walks all of them: each is complete also where nothing is known, and names where to go.
func TestPlaces_EveryCountyAndZoneHasAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	index := w.guest.get("/places").want(200, "旗县服务页")
	counties, zones := 0, 0
	for _, l := range region.Leagues() {
		for _, d := range region.Children(l.Code) {
			index.link("/places/" + d.Code)
			page := w.guest.get("/places/"+d.Code).want(200, d.Name, "到哪里登记技术合同", "登记点", "谁能帮忙", "本地的成果", "本地的需求", "本地的政策", "今年还没有登记的合同")
			if d.Kind == region.ZoneKind {
				zones++
				page.want(200, "不相加")
			} else {
				counties++
			}
		}
	}
	if counties != 103 || zones != 5 {
		t.Errorf("%d counties and %d zones", counties, zones)
	}
	w.guest.get("/places/"+ownCounty).want(200, w.points["county"].Name)
	w.guest.get("/places/150121").want(200, "土默特左旗还没有自己的登记点", w.points["league"].Name)
	for _, none := range []string{"150100", "150000", "110101", "999999", "x"} {
		w.guest.get("/places/"+none).want(404, "没有这个旗县或开发区")
	}
}

// TestPlaces_FiguresAreThoseOfTheStatisticsPage compares the page with its own links.
func TestPlaces_FiguresAreThoseOfTheStatisticsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.things()
	page := w.guest.get("/places/"+ownCounty).want(200, "1 项", "登记（申请方在这里）", "输出（卖方在这里）")
	p, err := w.s.Places.Read(context.Background(), w.who("company"), ownCounty, false)
	apptest.NoErr(t, err)
	if p.Figures.Output.Contracts != 1 || p.Figures.Absorption.Contracts != 0 || p.Figures.Filed != p.Figures.Output {
		t.Errorf("figures of the seller's county: %+v", p.Figures)
	}
	w.guest.get(page.link("/stats?")).want(200, "合同成交额")
	if name, pdf, err := w.s.Places.Print(context.Background(), w.who("company"), ownCounty, "poster", false); err != nil ||
		!strings.HasSuffix(name, "海报.pdf") || !strings.HasPrefix(string(pdf), "%PDF") {
		t.Errorf("poster: %s %d bytes, %v", name, len(pdf), err)
	}
}
