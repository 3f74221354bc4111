package people

import (
	"fmt"
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// organisationsEmpty tells an office with nothing to do from a search that found nothing.
func organisationsEmpty(state, text string) view.Empty {
	if state == actor.Pending && text == "" {
		return view.Empty{Title: "没有待确认的单位", Text: "新注册的单位会出现在这里，核对后由您确认。"}
	}
	return view.Empty{Title: "这里没有单位", Text: "换一个状态，或换一个名称再找。"}
}

func (p *Pages) organisations(c *web.Ctx) error {
	q := c.QueryForm()
	state := q.Text("state")
	if !q.Values.Has("state") {
		state = actor.Pending
	}
	filter := identity.OrganisationFilter{Text: q.Text("q"), State: state, Division: q.Text("division"), After: q.ID("after"), Limit: 50}
	if kind := q.Text("kind"); kind != "" {
		filter.Kinds = []actor.OrgKind{actor.OrgKind(kind)}
	}
	orgs, err := p.Identity.FindOrganisations(c.Context(), c.Actor(), filter)
	if err != nil {
		return err
	}
	counts, err := p.Identity.OrganisationCounts(c.Context(), c.Actor().Sample)
	if err != nil {
		return err
	}
	tabs := &view.Tabs{Label: "按状态"}
	for _, s := range []struct{ state, label string }{{actor.Pending, "待确认"}, {actor.Confirmed, "已确认"}, {actor.Returned, "已退回"},
		{actor.Suspended, "已暂停"}} {
		tabs.Items = append(
			tabs.Items,
			view.Link{Label: s.label, Href: "/organisations?state=" + s.state, Current: state == s.state, Count: counts[s.state], HasCount: true},
		)
	}
	rows := view.Rows{Label: "单位", Empty: organisationsEmpty(state, q.Text("q"))}
	for _, o := range orgs {
		rows.Items = append(rows.Items, view.Row{Title: view.T(o.Name), Href: fmt.Sprintf("/organisations/%d", o.ID),
			Meta: []string{
				ui.OrgKindLabel(o.Kind),
				region.FullName(o.Division),
				"注册于 " + view.Day(o.CreatedAt),
			}, Tags: []view.Tag{ui.OrgStateTag(o.State)}, Sample: o.Sample})
	}
	pager := view.Pager{Total: -1}
	if len(orgs) == filter.Limit {
		v := c.Query()
		v.Set("after", strconv.FormatInt(orgs[len(orgs)-1].ID, 10))
		pager.Next = "/organisations?" + v.Encode()
	}
	return ui.ShowList(c, c.Page("单位确认"), ui.Listing{Tabs: tabs, Rows: &rows, Pager: pager,
		Search: &view.Search{
			Action: "/organisations",
			Value:  q.Text("q"),
			Label:  "单位名称或信用代码",
			Hidden: []view.Pair{{Name: "state", Value: state}},
		}})
}

func (p *Pages) organisation(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	o, err := p.Identity.Organisation(c.Context(), id)
	if err != nil {
		return err
	}
	if !c.Actor().Covers(o.Division) {
		return fault.New(fault.NotFound, "organisation", "没有这个单位，或它不在您管理的地区。")
	}
	page := c.Page(o.Name)
	page.Breadcrumbs = []view.Link{{Label: "单位确认", Href: "/organisations"}}
	body := ui.Sheet{
		Heading: view.T(o.Name),
		Tags:    []view.Tag{ui.OrgStateTag(o.State)},
		Sample:  o.Sample,
		Main:    []ui.Block{organisationFacts(o)},
	}
	if w := codes.USCC(o.CreditCode); o.CreditCode != "" && w.Warned() {
		body.Main = append([]ui.Block{{Parts: view.Parts{oddCode(c, w)}}}, body.Main...)
	}
	if c.Actor().Has(actor.RegionOfficer) {
		action := fmt.Sprintf("/organisations/%d", o.ID)
		members, err := p.Identity.Members(c.Context(), c.Actor(), o.ID)
		if err != nil {
			return err
		}
		rows := view.Rows{Label: "成员", Empty: view.Empty{Title: "还没有成员"}}
		for _, m := range members {
			row := view.Row{Title: view.T(m.DisplayName), Meta: []string{m.LoginName, ui.Join(web.RoleLabels(m.Roles))}}
			if m.TwoFactor {
				row.Tags = []view.Tag{{Label: "两步登录"}}
				if m.AccountID != c.Actor().AccountID {
					row.Actions = []view.Action{resetTwoFactorAction(m, action)}
				}
			}
			rows.Items = append(rows.Items, row)
		}
		body.Main = append(body.Main, ui.Block{Title: "成员", Parts: view.Parts{rows}})
		button := func(label string, event identity.OrgEvent, kind view.Kind) view.Action {
			return view.Action{Label: label, Name: "event", Value: string(event), Kind: kind}
		}
		f := view.NewForm(action, "", view.Field{Kind: view.Area, Name: "reason", Label: "意见", Sometimes: true, Max: 500,
			Hint: "退回、暂停时必填，单位会看到"})
		switch o.State {
		case actor.Pending:
			f.Actions = []view.Action{button("确认", identity.OrgConfirm, view.Primary), button("退回", identity.OrgReturn, view.Danger)}
		case actor.Confirmed:
			f.Actions = []view.Action{button("暂停", identity.OrgSuspend, view.Danger)}
		case actor.Suspended:
			f.Actions = []view.Action{button("恢复", identity.OrgRestore, view.Primary)}
		case actor.Returned:
			f.Actions = nil
		}
		if f.Actions != nil {
			body.Side = []ui.Block{{Card: true, Title: "处理", Parts: view.Parts{f}}}
		}
	}
	return ui.ShowSheet(c, page, body)
}

func (p *Pages) decideOrganisation(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/organisations/%d", id)
	if _, err := p.Identity.DoOrganisation(c.Context(), c.Actor(), id, identity.OrgEvent(form.Text("event")),
		form.Text("reason")); err != nil {
		return ui.FlashRefusal(c, err, back)
	}
	c.Flash(view.OK, "已处理。")
	return c.See("/organisations")
}

// oddCode warns of a 统一社会信用代码 that looks wrong; it blocks nothing.
func oddCode(c *web.Ctx, odd codes.Check) view.Notice {
	return view.Notice{Tone: view.Warn, Title: "统一社会信用代码可能有误", Text: c.Said(odd.At("creditCode"))}
}
