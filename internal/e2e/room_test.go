package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app/apptest"
	"techmarket/internal/platform/document"
	"techmarket/internal/trade/disclosure"
)

// drawing is a real PDF, which can be marked.
func (w *world) drawing() []byte {
	w.t.Helper()
	fonts, err := w.s.Platform.Fonts()
	apptest.NoErr(w.t, err)
	p := fonts.New(document.PDFOptions{Title: "图纸", At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Plain: true})
	p.Paragraph("喂料口公差")
	raw, err := p.Bytes()
	apptest.NoErr(w.t, err)
	return raw
}

// A room from its opening to the end of access, by pages: what is behind the agreement is nowhere before it and after it.
func TestRoom_IsWalkedFromAskingToRevoking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, company := w.as("member"), w.as("company")
	listing := owner.publish("achievement", "league", meadowAchievement)
	owner.get("/achievements/"+listing).want(200, "披露室")
	room := owner.get("/rooms/of/"+listing).submit("/rooms", nil).want(200, "还没有资料").path
	id, err := strconv.ParseInt(path.Base(room), 10, 64)
	apptest.NoErr(t, err)
	owner.get(room).submit(room+"/papers", values{"layer": "nda"}, upload{"file", "保密图纸甲.pdf", w.drawing()}).want(200, "保密图纸甲.pdf")
	polyglot := append([]byte("\xff\xd8\xff\xe0%PDF-1.4\n"), w.drawing()...)
	owner.get(room).submit(room+"/papers", values{"layer": "nda"}, upload{"file", "照片乙.pdf", polyglot}).want(422, "《照片乙.pdf》", "内容不是")

	w.drain()
	paper := owner.get(room).link(room + "/papers/")
	for name, g := range map[string]*page{"the room before the agreement": company.get(room),
		"the listing": w.guest.get("/achievements/" + listing),
		"the search":  w.guest.get("/achievements?q=" + url.QueryEscape("保密图纸甲")), "the feed": w.guest.get("/feeds/achievements.atom")} {
		if strings.Contains(string(g.body), "保密图纸甲.pdf") {
			t.Errorf("%s tells of the paper", name)
		}
	}
	company.get(paper).want(404)
	company.get(room).submit(room+"/ask", values{"purpose": "评估许可"}).want(200, "申请已发出")
	owner.get("/desk").want(200, "申请查看资料")
	owner.get(room).submit(room+"/offer", values{"accounts": fmt.Sprint(w.who("company").AccountID),
		"validTo": time.Now().AddDate(0, 1, 0).Format(time.DateOnly)}).want(200, "协议已固定")
	company.get("/desk").want(200, "有一份协议请您阅读后接受")
	v, err := w.s.Rooms.Read(context.Background(), w.who("company"), id)
	apptest.NoErr(t, err)
	seat := fmt.Sprint(v.Places[0].ID)
	company.get(room).want(200, "请阅读并接受保密协议", v.Words[0].Digest)
	company.post(room+"/do", values{"event": "accept", "seat": seat, "digest": v.Words[0].Digest}).want(200, "保密图纸甲.pdf")

	got := company.get(paper)
	pages, err := document.PDFText(bytes.NewReader(got.body), int64(len(got.body)))
	if got.status != 200 || err != nil || !strings.Contains(strings.ReplaceAll(pages[0], "\n", ""), w.who("company").Name) {
		t.Fatalf("%d, %v, %q", got.status, err, pages)
	}
	owner.get(room).want(200, "给出水印副本")
	pack := company.get(fmt.Sprintf("%s/words/%d/pack", room, v.Words[0].ID)).want(200)
	if sig, _, err := disclosure.CheckPack(pack.body); err != nil || !sig.Complete {
		t.Errorf("the pack: %+v, %v", sig, err)
	}
	owner.post(room+"/do", values{"event": "revoke", "seat": seat, "reason": "不再合作"}).want(200, "已撤销")
	company.get(paper).want(403)
	owner.get(room).want(200, "打开被拒绝")
	rooms, found, err := w.s.Rooms.Verify(context.Background(), nil)
	if rooms != 1 || len(found) > 0 || err != nil {
		t.Errorf("%d rooms, %v, %v", rooms, found, err)
	}
}
