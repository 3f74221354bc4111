package trade

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/disclosure"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func seatTag(p disclosure.Place) view.Tag {
	switch p.State {
	case disclosure.Requested:
		return view.Tag{Label: "申请查看", Tone: view.Warn}
	case disclosure.Offered:
		return view.Tag{Label: "等对方接受", Tone: view.Info}
	case disclosure.Active:
		if p.Kind == disclosure.KindAgreement {
			return view.Tag{Label: "已接受", Tone: view.OK}
		}
		return view.Tag{Label: "可以查看", Tone: view.OK}
	case disclosure.Declined:
		return view.Tag{Label: "没有接受"}
	case disclosure.Revoked:
		return view.Tag{Label: "已撤销", Tone: view.Bad}
	case disclosure.Expired:
		return view.Tag{Label: "已到期"}
	default:
		return view.Tag{Label: "已归还"}
	}
}

func wordsKind(kind string) string {
	switch kind {
	case disclosure.KindNDA:
		return "保密协议"
	case disclosure.KindAgreement:
		return "合作协议"
	default:
		return "—"
	}
}

// showRoom shows a room as its reader may see it.
func (p *Pages) showRoom(c *web.Ctx, refused refusedPart) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Rooms.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	orgs, err := p.Identity.Organisations(c.Context(), []int64{v.Room.OrgID})
	if err != nil {
		return err
	}
	page := c.Page("披露室：" + v.Room.Title)
	page.Breadcrumbs = []view.Link{{Label: "披露室", Href: "/rooms"}}
	body := ui.Sheet{Sample: v.Room.Sample, Lead: "每次打开资料都会生成一份带您姓名、单位和时间的水印副本，并记入披露记录。"}
	facts := []view.Fact{{Label: "资料属于", Value: orgs[v.Room.OrgID].Name}}
	if v.Room.Deal != 0 {
		facts = append(facts, view.Fact{Label: "洽谈", Value: "进入洽谈", Href: fmt.Sprintf("/deals/%d", v.Room.Deal)})
	} else {
		fact := view.Fact{Label: "信息", Value: v.Room.Title}
		switch l, err := p.Listings.Find(c.Context(), c.Actor(), v.Room.Listing); {
		case err == nil:
			fact.Href = p.Listings.Kinds().Of(l.Kind).PagePath(l.ID)
		case !fault.Is(err, fault.NotFound):
			return err
		}
		facts = append(facts, fact)
	}
	if !v.Owner {
		facts = append(facts, view.Fact{Label: "您现在能看到", Value: layerLabel(v.Reach)})
	}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Facts{Items: facts}}})
	for _, place := range v.Places {
		if !v.Owner && place.State == disclosure.Offered {
			body.Main = append(body.Main, wordsBlock(v, place, refused.ask(c, string(disclosure.EventAccept))))
		}
	}
	body.Main = append(body.Main, papersBlock(v))
	body.Main = append(body.Main, signedBlocks(v)...)
	body.Side = roomSide(c, v, refused)
	if v.Owner {
		names, err := p.entryNames(c, v)
		if err != nil {
			return err
		}
		body.Main = append(body.Main, ui.Block{Title: "名单", Parts: view.Parts{placesTable(v)}}, ledgerBlock(v, names))
	}
	return ui.ShowSheetStatus(c, ui.FormStatus(refused.err), page, body)
}

func papersBlock(v disclosure.View) ui.Block {
	table := ui.Columns[disclosure.Paper]{
		{Label: "资料", Cell: func(x disclosure.Paper) view.Cell {
			return view.Cell{Text: x.Name, Href: fmt.Sprintf("%s/papers/%d", roomPath(v.Room.ID), x.ID)}
		}},
		ui.TextColumn("谁能看", func(x disclosure.Paper) string { return layerLabel(x.Layer) }),
		ui.CountColumn("页数", func(x disclosure.Paper) int { return x.Pages }),
		ui.TextColumn("放入", func(x disclosure.Paper) string { return view.Day(x.AddedAt) }),
	}.Table("资料", v.Papers)
	table.Empty = view.Empty{Icon: "file", Title: "现在没有您能看的资料", Text: "更深一层的资料要先签保密协议。请在右侧申请查看，写明用途。"}
	if v.Owner {
		table.Empty = view.Empty{Icon: "file", Title: "还没有资料", Text: "在右侧放入 PDF 或图片，选好放在哪一层。"}
	}
	return ui.Block{Title: "资料", Parts: view.Parts{table}}
}

func frozenOf(w disclosure.Words) (f disclosure.Frozen) {
	if json.Unmarshal([]byte(w.Body), &f) != nil {
		f.Body = w.Body
	}
	return f
}

// wordsText is the frozen text as a person reads it.
func wordsText(v disclosure.View, w disclosure.Words) view.Facts {
	f := frozenOf(w)
	var named []string
	for _, n := range f.Named {
		named = append(named, n.OrgName+" "+n.Name)
	}
	facts := []view.Fact{{Label: "协议", Value: f.Title}, {Label: "发出", Value: f.OfferedBy.OrgName + " " + f.OfferedBy.Name,
		Note: view.DayTime(w.CreatedAt)}, {Label: "由谁接受", Value: strings.Join(named, "、")}, {Label: "订立方式", Value: f.Electronic}}
	if f.Body != "" {
		facts = append(facts, view.Fact{Label: "全文", Text: view.T(f.Body)})
	}
	if f.FileName != "" {
		facts = append(facts, view.Fact{Label: "协议文件", Value: f.FileName, Href: fmt.Sprintf("%s/words/%d", roomPath(v.Room.ID), w.ID),
			Note: "文件摘要 " + f.FileDigest})
	}
	if f.ValidTo != "" {
		facts = append(facts, view.Fact{Label: "查看期限", Value: "到 " + ui.ChineseDay(f.ValidTo)})
	}
	return view.Facts{Items: append(facts, view.Fact{Label: "全文摘要", Value: w.Digest, Note: "SHA-256，双方看到的是同一个"}), Wide: true}
}

// wordsBlock asks a reader to accept what he has read.
func wordsBlock(v disclosure.View, place disclosure.Place, a *ui.Ask) ui.Block {
	w := wordsOf(v, place.Words)
	form := view.NewForm(roomPath(v.Room.ID)+"/do", "我已阅读，接受")
	form.Hidden = []view.Pair{{Name: "event", Value: string(disclosure.EventAccept)}, {Name: "seat", Value: ui.IDText(place.ID)},
		{Name: "digest", Value: w.Digest}}
	b := ui.Block{ID: "accept", Title: "请阅读并接受" + wordsKind(w.Kind), Parts: view.Parts{wordsText(v, w)}}
	for _, part := range a.Blocks(form) {
		b.Add(part.Parts...)
	}
	return b
}

func wordsOf(v disclosure.View, id int64) disclosure.Words {
	for _, w := range v.Words {
		if w.ID == id {
			return w
		}
	}
	return disclosure.Words{}
}

// signedBlocks are the words that were accepted, or wait, with their signature packs.
func signedBlocks(v disclosure.View) (out []ui.Block) {
	for _, w := range slices.Backward(v.Words) {
		waits := slices.ContainsFunc(v.Places, func(p disclosure.Place) bool {
			return p.Words == w.ID && p.State == disclosure.Offered && !v.Owner
		})
		if waits {
			continue
		}
		b := ui.Block{Fold: wordsKind(w.Kind) + "：" + frozenOf(w).Title + "，" + view.Day(w.CreatedAt), Parts: view.Parts{wordsText(v, w)}}
		b.Add(view.Actions{{Label: "下载签署包", Href: fmt.Sprintf("%s/words/%d/pack", roomPath(v.Room.ID), w.ID), Kind: view.Quiet, Small: true}})
		out = append(out, b)
	}
	return out
}

func placesTable(v disclosure.View) view.Table {
	table := ui.Columns[disclosure.Place]{
		{Label: "谁", Cell: func(p disclosure.Place) view.Cell {
			return view.Cell{Text: p.Name, Note: p.OrgName, Tags: []view.Tag{seatTag(p)}}
		}},
		ui.TextColumn("协议", func(p disclosure.Place) string { return wordsKind(p.Kind) }),
		{Label: "接受", Cell: func(p disclosure.Place) view.Cell {
			if p.AcceptedAt == nil {
				return view.Cell{Text: "—", Note: p.Purpose}
			}
			return view.Cell{Text: view.DayTime(*p.AcceptedAt), Note: p.Purpose}
		}},
		ui.TextColumn("内层放行", func(p disclosure.Place) string {
			if p.RoomFrom == nil {
				return "—"
			}
			return view.Day(*p.RoomFrom) + " 至 " + view.Day(*p.RoomTo)
		}),
		ui.TextColumn("说明", func(p disclosure.Place) string { return ui.OrDash(p.Reason) }),
	}.Table("名单", v.Places)
	table.Empty = view.Empty{Icon: "file", Title: "还没有人", Text: "有人申请查看，或您发出协议后，会列在这里。"}
	return table
}

func (p *Pages) entryNames(c *web.Ctx, v disclosure.View) (map[int64]string, error) {
	var ids []int64
	for _, e := range v.Entries {
		ids = append(ids, e.AccountID)
	}
	return p.Identity.Names(c.Context(), ids)
}

// ledgerLength is how many rows of the ledger a page shows.
const ledgerLength = 200

func ledgerBlock(v disclosure.View, names map[int64]string) ui.Block {
	words := map[disclosure.Event]string{disclosure.EventOpen: "开设", disclosure.EventAdd: "放入资料", disclosure.EventRemove: "撤下资料",
		disclosure.EventRequest: "申请查看", disclosure.EventOffer: "发出协议", disclosure.EventAccept: "接受协议", disclosure.EventDecline: "没有接受",
		disclosure.EventRefuse: "没有同意申请", disclosure.EventAdmit: "放行内层", disclosure.EventRevoke: "撤销权限", disclosure.EventExpire: "到期",
		disclosure.EventClose: "确认归还", disclosure.EventAsk: "打开资料", disclosure.EventCopy: "给出水印副本", disclosure.EventBarred: "打开被拒绝",
		disclosure.EventSigned: "各方均已接受"}
	rows := slices.Clone(v.Entries)
	slices.Reverse(rows)
	rows = rows[:min(len(rows), ledgerLength)]
	table := ui.Columns[disclosure.Entry]{
		ui.CountColumn("序号", func(e disclosure.Entry) int { return e.Seq }),
		ui.TextColumn("时间", func(e disclosure.Entry) string { return view.DayTime(e.At) }),
		ui.TextColumn("谁", func(e disclosure.Entry) string {
			if e.AccountID == 0 {
				return "系统"
			}
			return names[e.AccountID]
		}),
		{Label: "做了什么", Cell: func(e disclosure.Entry) view.Cell { return view.Cell{Text: words[e.Event], Note: e.Detail} }},
		ui.TextColumn("摘要", func(e disclosure.Entry) string { return ui.Clip(e.Digest, 16) }),
	}.Table("披露记录", rows)
	b := ui.Block{Title: "披露记录", Intro: fmt.Sprintf("共 %d 行，首尾相连：每行带上一行的摘要，删改任何一行都会被发现。只有本单位能看。", len(v.Entries)),
		Parts: view.Parts{table}}
	if v.Broken != 0 {
		b.Parts = append(view.Parts{view.Notice{Tone: view.Bad, Title: fmt.Sprintf("第 %d 行起与前后不符", v.Broken),
			Text: "记录可能被改动过。请保留现场，联系平台管理员核对备份。"}}, b.Parts...)
	}
	return b
}
