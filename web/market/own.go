package market

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/platform/document"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// ownListings is the organisation's own desk for one kind.
func (p *Pages) ownListings(c *web.Ctx, kind drawnKind) error {
	q := c.QueryForm()
	f := listing.Filter{After: q.Text("after"), Text: q.Text("q"), Limit: 20}
	if s := q.Text("state"); s != "" {
		f.States = []listing.State{listing.State(s)}
	}
	at := kind.OwnPath()
	rows := view.Rows{Label: "我的" + kind.Label, Empty: view.Empty{Icon: "file-plus", Title: "还没有" + kind.Label,
		Actions: []view.Action{{Label: "写第一条", Href: kind.ListPath() + "/new"}}}}
	add := func(l listing.Listing, percent int) {
		title := l.Title
		if title == "" {
			title = "未命名的草稿"
		}
		row := view.Row{Title: view.T(title), Href: kind.DeskPath(l.ID), Tags: []view.Tag{listingStateTag(l)}, Sample: l.Sample,
			Meta: []string{"更新于 " + view.Ago(c.Now(), l.UpdatedAt), fmt.Sprintf("资料完整度 %d%%", percent)}}
		if l.State == listing.Returned && l.ReturnReason != "" {
			row.Lead = view.T("退回原因：" + l.ReturnReason)
		}
		if l.Sleeping() {
			row.Tags = append(row.Tags, view.Tag{Label: "久未确认", Tone: view.Warn})
		}
		rows.Items = append(rows.Items, row)
	}
	items, next, err := kind.mine(c, f)
	if err != nil {
		return err
	}
	for _, it := range items {
		add(it.base(), it.completeness().Percent)
	}
	counts, err := p.Listings.DeskCounts(c.Context(), c.Actor(), kind.Kind)
	if err != nil {
		return err
	}
	tabs := &view.Tabs{Label: "按状态", Items: []view.Link{{Label: "全部", Href: at, Current: len(f.States) == 0}}}
	for _, s := range listing.States() {
		if counts[s] > 0 {
			tabs.Items = append(
				tabs.Items,
				view.Link{Label: words.ListingState(s), Href: at + "?state=" + string(s), Count: counts[s], HasCount: true,
					Current: slices.Contains(f.States, s)},
			)
		}
	}
	pager := view.Pager{Total: -1}
	if next != "" {
		v := c.Query()
		v.Set("after", next)
		pager.Next = at + "?" + v.Encode()
	}
	return ui.ShowList(c, c.Page("我的"+kind.Label), ui.Listing{Tabs: tabs, Rows: &rows, Pager: pager,
		Actions: []view.Action{
			{Label: "发布" + kind.Label, Href: kind.ListPath() + "/new"},
			{Label: "从表格导入", Href: "/imports?kind=" + string(kind.Kind), Kind: view.Quiet},
			{Label: "导出表格", Href: at + ".xlsx", Kind: view.Quiet},
		}})
}

// exportOwn writes all of the unit's listings of a kind under the columns of the import template, each with its number here: a file that
// is imported again changes nothing.
func (p *Pages) exportOwn(c *web.Ctx, kind drawnKind) error {
	columns, err := p.Importer.Columns(kind.Kind, true)
	if err != nil {
		return err
	}
	sheet := document.Sheet{Name: kind.Label, Columns: append([]document.SheetColumn{{Title: importer.NumberHeading, Width: 10}}, columns...)}
	sheet.Rows = func(yield func([]any, error) bool) {
		for f := (listing.Filter{Limit: 60}); ; {
			items, next, err := kind.mine(c, f)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, it := range items {
				cells, err := p.Importer.Cells(kind.Kind, it.content(), true)
				if !yield(append([]any{strconv.FormatInt(it.base().ID, 10)}, cells...), err) {
					return
				}
			}
			if next == "" {
				return
			}
			f.After = next
		}
	}
	var b bytes.Buffer
	if err := document.WriteExcel(&b, sheet); err != nil {
		return err
	}
	return c.Download("我的"+kind.Label+".xlsx", web.ExcelMIME, &b)
}

// own is a listing on its owner's desk, with the parts that all kinds share.
type own struct {
	item
	listing  listing.Listing
	blocks   []ui.Block
	percent  listing.Completeness
	warnings []fault.Field
	actions  []listing.Event
}

func (p *Pages) readOwn(c *web.Ctx, kind drawnKind, id int64) (own, error) {
	it, err := kind.get(c, id)
	if err != nil {
		return own{}, err
	}
	return own{it, it.base(), it.blocks(c), it.completeness(), it.warnings(), it.actions()}, nil
}

// ownListing is preview, actions and history of one's own listing.
func (p *Pages) ownListing(c *web.Ctx, kind drawnKind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	o, err := p.readOwn(c, kind, id)
	if err != nil {
		return err
	}
	if !c.Actor().In(o.listing.OrganisationID) {
		return c.See(kind.PagePath(id))
	}
	history, err := p.Listings.History(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	title := o.listing.Title
	if title == "" {
		title = "未命名的草稿"
	}
	page := c.Page(title)
	page.Breadcrumbs = []view.Link{{Label: "我的" + kind.Label, Href: kind.OwnPath()}}
	body := ui.Sheet{Tags: []view.Tag{listingStateTag(o.listing)}, Sample: o.listing.Sample}
	body.Actions, body.Side = p.ownActions(kind, o)
	if o.listing.State == listing.Returned && o.listing.ReturnReason != "" {
		body.Main = append(
			body.Main,
			ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "审核意见：" + o.listing.ReturnReason, Text: "改好后再提交一次。"}}},
		)
	}
	if len(kind.Triages) > 0 {
		said, err := p.diagnosisBlocks(c, id)
		if err != nil {
			return err
		}
		body.Main = append(body.Main, said...)
	}
	if c.Actor().OrgState != actor.Confirmed {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Title: "单位还没有通过确认", Text: "现在可以写草稿；自治区管理员确认单位后才能发布。"}}})
	}
	if len(o.warnings) > 0 {
		n := &view.Notice{Tone: view.Warn, Title: "请再看一眼，不影响提交"}
		for _, w := range o.warnings {
			n.Items = append(n.Items, view.Link{Label: c.Said(w)})
		}
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{n}})
	}
	if n := anonymityNotice(o.listing); n != nil {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{*n}})
	}
	body.Main = append(body.Main, o.blocks...)
	over := o.listing.State == listing.Closed || o.listing.State == listing.Archived // nothing is asked of it any more
	gate := o.gate()
	if len(gate) > 0 && !over {
		said, err := gateBlocks(c, kind, o.item, gate)
		if err != nil {
			return err
		}
		body.Side = append(said, body.Side...)
	}
	if !over {
		missing := missingLinks(kind, o, gate)
		share := view.Share{Done: o.percent.Percent, Of: 100, Label: fmt.Sprintf("%d%%", o.percent.Percent)}
		complete := ui.Block{Card: true, Title: "资料完整度", Parts: view.Parts{share, missing}}
		body.Side = append([]ui.Block{complete}, body.Side...)
	}
	seen, err := p.revealsBlock(c, id)
	if err != nil {
		return err
	}
	body.Side = append(body.Side, seen...)
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{listingTimeline(history)}})
	return ui.ShowSheet(c, page, body)
}

// missingLinks name up to five parts that would make the listing clearer, but what the gate names beside them with what to write.
func missingLinks(kind drawnKind, o own, gate []listing.GatePart) view.Links {
	var out view.Links
	for _, m := range o.percent.Missing {
		if len(out) < 5 && !listing.GateAsksFor(gate, m.Path) {
			out = append(out, view.Link{Label: m.Label, Href: kind.DeskPath(o.listing.ID) + "/edit#" + m.Path})
		}
	}
	return out
}

// ownActions turns what the state table allows into buttons; the ones that need words are folded forms.
func (p *Pages) ownActions(kind drawnKind, o own) (buttons []view.Action, forms []ui.Block) {
	at := kind.DeskPath(o.listing.ID)
	version := view.Pair{Name: "version", Value: strconv.Itoa(o.listing.Version)}
	do := func(label string, e listing.Event, k view.Kind) view.Action {
		return view.Action{Label: label, Post: at + "/do", Kind: k, Hidden: []view.Pair{version, {Name: "event", Value: string(e)}}}
	}
	main := func(due bool) view.Kind { // what is not due stands back behind the matches
		if due {
			return view.Primary
		}
		return view.Quiet
	}
	if o.listing.State.Live() {
		buttons = append(
			buttons,
			view.Action{
				Label: "看匹配",
				Href:  kind.MatchesPath(o.listing.ID),
				Kind:  main(o.listing.RemindedAt == nil && !o.listing.Sleeping()),
			},
			view.Action{Label: "看公开页面", Href: kind.PagePath(o.listing.ID), Kind: view.Quiet},
		)
	}
	for _, e := range o.actions {
		switch e {
		case listing.EventSave:
			buttons = append(buttons, view.Action{Label: "编辑", Href: at + "/edit", Kind: view.Quiet})
			if o.listing.Deletable() {
				buttons = append(buttons, view.Action{Label: "删除草稿…", Href: at + "/delete", Kind: view.Quiet})
			}
		case listing.EventSubmit:
			buttons = append(buttons, do("提交审核", e, view.Primary))
		case listing.EventRevise:
			buttons = append(buttons, do("修订", e, view.Quiet))
		case listing.EventConfirm:
			buttons = append(buttons, do("确认仍然有效", e, main(o.listing.RemindedAt != nil || o.listing.Sleeping())))
		case listing.EventRenew:
			buttons = append(buttons, do("续期 12 个月", e, main(o.listing.State == listing.Expired)))
		case listing.EventRecall, listing.EventDiscard, listing.EventReopen:
			buttons = append(buttons, do(words.ListingEvent(e), e, view.Quiet))
		case listing.EventClose:
			var options []view.Option
			for _, r := range listing.CloseReasons() {
				options = append(options, view.Option{Value: r.Code, Label: r.Label})
			}
			f := view.NewForm(at+"/do", "关闭", view.Field{Kind: view.Radio, Name: "reason", Label: "关闭的原因", Required: true, Options: options})
			f.Hidden = []view.Pair{version, {Name: "event", Value: string(e)}}
			forms = append(forms, ui.Block{Fold: "关闭…", Parts: view.Parts{f}})
		case listing.EventWithdraw:
			f := view.NewForm(at+"/do", "撤下", view.Field{Kind: view.Area, Name: "reason", Label: "说明", Rows: 2, Max: 500})
			f.Hidden = []view.Pair{version, {Name: "event", Value: string(e)}}
			forms = append(forms, ui.Block{Fold: "撤下…", Parts: view.Parts{f}})
		}
	}
	return buttons, forms
}

func (p *Pages) moveListing(c *web.Ctx, kind drawnKind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	back := kind.DeskPath(id)
	e := listing.Event(f.Text("event"))
	command := listing.Command{ID: id, Version: f.Int("version"), Event: e, Reason: f.Text("reason")}
	if _, err := p.Listings.Do(c.Context(), c.Actor(), command); err != nil {
		if e == listing.EventSubmit && fault.Is(err, fault.Invalid) {
			// The editor shows what is missing at each field.
			return p.showEditor(c, kind, id, nil, err)
		}
		return ui.FlashRefusal(c, err, back)
	}
	said := map[listing.Event]string{listing.EventSubmit: "已提交，由所在盟市或自治区的管理员审核。通过后公开，结果发消息告诉您。",
		listing.EventRevise:  "可以修改了；审核通过前，公开的仍是原来的内容。",
		listing.EventConfirm: "已确认，谢谢。", listing.EventRenew: "已续期 12 个月。"}[e]
	if said == "" {
		said = "已" + words.ListingEvent(e) + "。"
	}
	c.Flash(view.OK, said)
	return c.See(back)
}

// askDelete says what goes when a draft is deleted.
func (p *Pages) askDelete(c *web.Ctx, kind drawnKind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	o, err := p.readOwn(c, kind, id)
	if err != nil {
		return err
	}
	if !o.listing.Deletable() || !slices.Contains(o.actions, listing.EventSave) {
		c.Flash(view.Warn, "公布过或已提交的信息不能删除，可以撤下或关闭。")
		return c.See(kind.DeskPath(id))
	}
	title := o.listing.Title
	if title == "" {
		title = "未命名的草稿"
	}
	page := c.Page("删除草稿")
	page.Breadcrumbs = []view.Link{{Label: "我的" + kind.Label, Href: kind.OwnPath()}, {Label: title, Href: kind.DeskPath(id)}}
	f := view.NewForm(kind.DeskPath(id)+"/delete", "删除，不能恢复")
	f.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(o.listing.Version)}}
	f.Actions = append(f.Actions, view.Action{Label: "不删，返回", Href: kind.DeskPath(id), Kind: view.Quiet})
	going := view.Notice{Tone: view.Warn, Title: "将要删除“" + title + "”", Text: "删除以后不能恢复。一起删除的有：", Items: []view.Link{
		{Label: fmt.Sprintf("填写的全部内容（资料完整度 %d%%）", o.percent.Percent)}, {Label: "它的图片和附件"}, {Label: "修改和退回的经过"}}}
	return ui.ShowSheet(c, page, ui.Sheet{Main: []ui.Block{{Parts: view.Parts{going, f}}}})
}

func (p *Pages) deleteDraft(c *web.Ctx, kind drawnKind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Listings.Delete(c.Context(), c.Actor(), id, f.Int("version")); err != nil {
		return ui.FlashRefusal(c, err, kind.DeskPath(id))
	}
	c.Flash(view.OK, "草稿已删除。")
	return c.See(kind.OwnPath())
}
