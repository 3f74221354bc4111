package trade

import (
	"slices"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/trade/disclosure"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// roomSide are the forms of whoever reads the room.
func roomSide(c *web.Ctx, v disclosure.View, refused refusedPart) (out []ui.Block) {
	at := roomPath(v.Room.ID)
	add := func(part, title, fold, intro string, make func(a *ui.Ask) view.Form) {
		a := refused.ask(c, part)
		b := ui.Block{ID: part, Card: title != "", Title: title, Intro: intro}
		b.Title, b.Fold = cut(title, refused.name == part, fold)
		for _, blocks := range a.Blocks(make(a)) {
			b.Add(blocks.Parts...)
		}
		out = append(out, b)
	}
	if v.MayAsk {
		add("ask", "申请查看", "", "对方同意后会发来保密协议，您接受后就能看更深一层的资料。", func(a *ui.Ask) view.Form {
			return view.NewForm(at+"/ask", "申请", a.Area("purpose", "想了解什么、准备怎么用", "", ui.Required, ui.Lines(3), ui.Limit(500)))
		})
	}
	if v.Owner {
		add("paper", "放入资料", "", "", func(a *ui.Ask) view.Form { return paperForm(at, a) })
		if len(v.Contacts) > 0 {
			add("offer", "", "发出协议…", "", func(a *ui.Ask) view.Form { return offerForm(c, v, a) })
		}
	}
	for _, e := range []disclosure.Event{disclosure.EventAdmit, disclosure.EventRefuse, disclosure.EventRevoke, disclosure.EventDecline,
		disclosure.EventClose} {
		if form, label := seatForm(c, v, e, refused.ask(c, string(e))); form != nil {
			add(string(e), "", label, "", func(*ui.Ask) view.Form { return *form })
		}
	}
	if v.Owner && len(v.Papers) > 0 {
		add("remove", "", "撤下资料…", "撤下以后谁也不能再看；已经给出的副本收不回来。", func(a *ui.Ask) view.Form {
			options := []view.Option{{Label: "请选择"}}
			for _, p := range v.Papers {
				options = append(options, view.Option{Value: ui.IDText(p.ID), Label: p.Name})
			}
			return view.NewForm(at+"/remove", "撤下", a.Choose("paper", "资料", "", options, ui.Required))
		})
	}
	return out
}

func paperForm(at string, a *ui.Ask) view.Form {
	var layers []view.Option
	for _, l := range disclosure.Layers() {
		layers = append(layers, view.Option{Value: string(l), Label: layerLabel(l)})
	}
	return view.NewForm(at+"/papers", "放入", a.Radio("layer", "谁能看", string(disclosure.NDA), layers, ui.Required),
		view.Field{Kind: view.File, Name: "file", Label: "文件", Required: true, Error: a.Errors["file"],
			Hint: "PDF（最多 300 页）、PNG 或 JPG，不超过 50 MB"})
}

func offerForm(c *web.Ctx, v disclosure.View, a *ui.Ask) view.Form {
	var people []view.Option
	for _, n := range v.Contacts {
		people = append(people, view.Option{Value: ui.IDText(n.Account), Label: n.Name + "，" + n.OrgName})
	}
	var chosen []string
	for _, p := range v.Places {
		if p.State == disclosure.Requested {
			chosen = append(chosen, ui.IDText(p.Account))
		}
	}
	return view.NewForm(roomPath(v.Room.ID)+"/offer", "固定全文并发出",
		a.Radio("kind", "协议", disclosure.KindNDA, []view.Option{{Value: disclosure.KindNDA, Label: "保密协议"},
			{Value: disclosure.KindAgreement, Label: "合作协议（双方接受后不能改）"}}, ui.Required),
		a.Checks("accounts", "由谁接受", chosen, people, ui.Required, ui.Hint("协议只对列名的人有效")),
		a.Text("title", "名称", "保密协议", ui.Required, ui.Limit(80)),
		a.Area("body", "全文", disclosure.SuggestedNDA(v.Room.Title), ui.Lines(12), ui.Limit(20_000), ui.Hint("示范文本，请改成本单位的；上传协议文件的可以清空")),
		view.Field{Kind: view.File, Name: "file", Label: "本单位的协议文件", Error: a.Errors["file"], Hint: "没有的不传"},
		a.Date("validTo", "查看到哪一天", clock.Local(c.Now()).AddDate(0, 1, 0), ui.Sometimes, ui.Hint("保密协议填写")))
}

// seatForm is a step that needs to know whose seat; nil where nobody's.
func seatForm(c *web.Ctx, v disclosure.View, on disclosure.Event, a *ui.Ask) (form *view.Form, fold string) {
	options := []view.Option{}
	for _, p := range v.Places {
		if slices.Contains(p.Events, on) && (on != disclosure.EventAdmit || p.Kind == disclosure.KindNDA) {
			options = append(options, view.Option{Value: ui.IDText(p.ID), Label: p.Name + "，" + p.OrgName + "，" + wordsKind(p.Kind)})
		}
	}
	if len(options) == 0 {
		return nil, ""
	}
	type made struct{ fold, label, asks string }
	m := map[disclosure.Event]made{disclosure.EventAdmit: {"放行内层资料…", "放行", ""}, disclosure.EventRefuse: {"不同意申请…", "不同意", "原因"},
		disclosure.EventRevoke: {"撤销查看权限…", "立即撤销", "原因"}, disclosure.EventDecline: {"不接受协议…", "不接受", "原因"},
		disclosure.EventClose: {"不再查看…", "确认", "归还、删除了哪些；没有副本的写“无副本”"}}[on]
	fields := []view.Field{a.Choose("seat", "谁", options[0].Value, options, ui.Required)}
	if on == disclosure.EventAdmit {
		fields = append(fields, a.Date("from", "从哪天", c.Now(), ui.Required), a.Date("to", "到哪天", c.Now().AddDate(0, 0, 7), ui.Required))
	} else {
		fields = append(fields, a.Area("reason", m.asks, "", ui.Required, ui.Lines(2), ui.Limit(500)))
	}
	for i := range fields {
		fields[i].ID = string(on) + "-" + fields[i].Name
	}
	out := view.NewForm(roomPath(v.Room.ID)+"/do", m.label, fields...)
	out.Hidden = []view.Pair{{Name: "event", Value: string(on)}}
	return &out, m.fold
}
