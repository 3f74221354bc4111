package market

import (
	"fmt"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func contactFacts(k listing.Contact) view.Facts {
	return view.Facts{
		Items: []view.Fact{{Label: "姓名", Value: k.Name}, {Label: "电话", Value: k.Phone, Num: true}, {Label: "邮箱", Value: k.Email}},
	}
}

// contactBlock is the contact person of a listing as the content shows it.
func contactBlock(k listing.Contact, who actor.Actor) []ui.Block {
	if !who.SignedIn() {
		return []ui.Block{{Card: true, Title: "联系人", Intro: "登录后可以看到联系人并发起对接。"}}
	}
	if k == (listing.Contact{}) {
		return nil
	}
	return []ui.Block{{Card: true, Title: "联系人", Parts: view.Parts{contactFacts(k)}}}
}

// revealForm asks what somebody wants the contact for who may be shown it; at is the listing's page.
func revealForm(a *ui.Ask, at string, who actor.Actor) []ui.Block {
	if err := listing.MayReveal(who); err != nil {
		if !who.SignedIn() {
			return nil
		}
		return []ui.Block{{Card: true, Title: "查看联系方式", Intro: fault.Words(err) + "。"}}
	}
	var options []view.Option
	for _, p := range listing.Purposes() {
		options = append(options, view.Option{Value: p.Code, Label: p.Label})
	}
	f := view.NewForm(at+"/contact", "查看联系方式",
		a.Radio("purpose", "用途", "", options, ui.Required), a.Text("note", "说明", "", ui.Limit(200), ui.Sometimes, ui.Hint("选“其他”时必填")))
	return []ui.Block{{Card: true, Title: "查看联系方式", Intro: "对方会看到您是谁、何时、为什么查看。每人每天最多 30 条。", Parts: view.Parts{a.Notice, f}}}
}

// revealContact shows the contact person to somebody who says what for.
func (p *Pages) revealContact(c *web.Ctx, kind drawnKind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	it, err := kind.get(c, id)
	if err != nil {
		return err
	}
	page := c.Page("联系方式")
	page.Breadcrumbs = []view.Link{{Label: kind.Label, Href: kind.ListPath()}, {Label: it.base().Title, Href: kind.PagePath(id)}}
	k, err := kind.reveal(c, id, listing.Purpose(form.Text("purpose")), form.Text("note"))
	if fault.Is(err, fault.Invalid) {
		return ui.ShowSheetStatus(c, ui.FormStatus(err), page, ui.Sheet{Main: revealForm(ui.NewAsk(c, form, err), kind.PagePath(id), c.Actor())})
	}
	if err != nil {
		return err
	}
	body := ui.Sheet{Lead: it.base().Title, Main: []ui.Block{{Card: true, Title: "联系人", Parts: view.Parts{contactFacts(k)}}},
		Actions: []view.Action{{Label: "回到" + kind.Label, Href: kind.PagePath(id), Kind: view.Quiet}}}
	if k == (listing.Contact{}) {
		body.Main = []ui.Block{{Intro: "对方没有留联系方式，请通过平台发起对接。"}}
	}
	return ui.ShowSheet(c, page, body)
}

// revealsBlock tells an owner who was shown the contact person.
func (p *Pages) revealsBlock(c *web.Ctx, id int64) ([]ui.Block, error) {
	found, err := p.Listings.Reveals(c.Context(), c.Actor(), id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var accounts, orgs []int64
	for _, r := range found {
		accounts, orgs = append(accounts, r.AccountID), append(orgs, r.OrganisationID)
	}
	names, err := p.Identity.Names(c.Context(), accounts)
	if err != nil {
		return nil, err
	}
	owners, err := p.Identity.Organisations(c.Context(), orgs)
	if err != nil {
		return nil, err
	}
	t := &view.Timeline{}
	for _, r := range found {
		t.Events = append(t.Events, view.Event{At: r.At, Who: owners[r.OrganisationID].Name + " " + names[r.AccountID],
			What: "查看了联系方式：" + choice(listing.Purposes(), string(r.Purpose)), Note: r.Note})
	}
	return []ui.Block{{Fold: fmt.Sprintf("谁看过联系方式（%d）", len(found)), Parts: view.Parts{t}}}, nil
}
