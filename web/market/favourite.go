package market

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/watch"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) favouriteRoutes() []web.Route {
	return []web.Route{
		web.GET("/favourites", web.SignedIn(), p.favourites),
		web.GET("/favourites/new", web.Anyone(), p.askFavourite),
		web.GET("/favourites/return", web.SignedIn(), p.takeFavourite),
		web.POST("/favourites/:id", web.SignedIn(), p.favour),
	}
}

// mark is the button that takes a listing among the favourites or out of them, and comes back to where it stood. A guest is led
// through signing in; no form stands on pages that all guests share.
func mark(c *web.Ctx, l listing.Listing, on bool, back string) view.Action {
	a := view.Action{Label: "收藏", Icon: "star", Kind: view.Plainly, Said: c.T("《%s》", l.Title)}
	if !c.Actor().SignedIn() {
		a.Href = "/favourites/new?" + url.Values{"listing": {ui.IDText(l.ID)}, "back": {back}}.Encode()
		return a
	}
	a.Post = fmt.Sprintf("/favourites/%d", l.ID)
	a.Hidden = []view.Pair{{Name: "on", Value: "yes"}, {Name: "back", Value: back}}
	if on {
		a.Label, a.Icon, a.Said, a.Hidden[0].Value = "已收藏", "circle-check", c.T("《%s》，点一下取消", l.Title), "no"
	}
	return a
}

// rowID names a listing's row on a list.
func rowID(id int64) string { return "l" + strconv.FormatInt(id, 10) }

// longestBack bounds the address that a button comes back to: a pasted problem is longer than what proxies take, and comes once a row.
const longestBack = 1000

// markRows puts the button on the rows of a list.
func (p *Pages) markRows(c *web.Ctx, rows []listed) error {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	has, err := p.Watch.Favoured(c.Context(), c.Actor(), ids)
	if err != nil {
		return err
	}
	for i := range rows {
		row := &rows[i].row
		row.ID = rowID(rows[i].ID)
		back := c.Here() + "#" + row.ID
		if len(back) > longestBack {
			back = p.Listings.Kinds().Of(rows[i].Kind).PagePath(rows[i].ID)
		}
		button := mark(c, rows[i].Listing, has[rows[i].ID], back)
		row.Mark = &button
	}
	return nil
}

// detailMark is the button on a listing's own page.
func (p *Pages) detailMark(c *web.Ctx, l listing.Listing, at string) (view.Action, error) {
	has, err := p.Watch.Favoured(c.Context(), c.Actor(), []int64{l.ID})
	a := mark(c, l, has[l.ID], at)
	a.Kind = view.Quiet
	return a, err
}

// askFavourite leads a guest through signing in, and asks whoever is signed in: an address alone changes nothing.
func (p *Pages) askFavourite(c *web.Ctx) error {
	q := c.QueryForm()
	l, err := p.Listings.Find(c.Context(), c.Actor(), q.ID("listing"))
	if err != nil {
		return err
	}
	back := q.Text("back")
	if !c.Actor().SignedIn() {
		c.Later(ui.IDText(l.ID))
		c.Flash(view.Info, c.T("登录后就收藏《%s》，并回到刚才的页面。", l.Title))
		return c.See("/signin?" + url.Values{"next": {"/favourites/return?" + url.Values{"back": {back}}.Encode()}}.Encode())
	}
	form := view.NewForm(fmt.Sprintf("/favourites/%d", l.ID), "收藏")
	form.Hidden = []view.Pair{{Name: "on", Value: "yes"}, {Name: "back", Value: back}}
	kind := p.Listings.Kinds().Of(l.Kind)
	return ui.ShowSheet(c, c.Page("收藏"), ui.Sheet{Main: []ui.Block{{Parts: view.Parts{
		view.Links{{Label: l.Title, Href: kind.PagePath(l.ID), Note: kind.Label}}, form}}}})
}

// takeFavourite keeps what a guest asked for before signing in.
func (p *Pages) takeFavourite(c *web.Ctx) error {
	if id, err := strconv.ParseInt(c.TakeLater(), 10, 64); err == nil {
		err := p.Watch.Favour(c.Context(), c.Actor(), id, true)
		switch {
		case err == nil:
			c.Flash(view.OK, "已收藏。在“我的收藏”里可以看到它后来的变化。")
		case fault.Is(err, fault.NotFound), fault.Is(err, fault.Conflict):
			c.Flash(view.Warn, ui.Reason(c, err))
		default:
			return err
		}
	}
	return c.SeeNext("/favourites")
}

func (p *Pages) favour(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Watch.Favour(c.Context(), c.Actor(), id, f.Text("on") != "no"); err != nil {
		if fault.Is(err, fault.Conflict) {
			return ui.FlashRefusal(c, err, "/favourites")
		}
		return err
	}
	return c.SeeNext("/favourites")
}

// favourites lists what the person keeps, what changed since first.
func (p *Pages) favourites(c *web.Ctx) error {
	list, standings, err := p.Watch.Favourites(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	var changed, same []view.Row
	for _, f := range list {
		st := standings[f.ListingID]
		row := view.Row{Title: view.T(f.Title), Sample: st.Sample, ID: rowID(f.ListingID), Meta: []string{
			p.Listings.Kinds().Of(st.Kind).Label, c.T("收藏于 %s", view.Day(f.At))}}
		row.Mark = &view.Action{Label: "取消收藏", Post: fmt.Sprintf("/favourites/%d", f.ListingID), Kind: view.Plainly,
			Said: c.T("《%s》", f.Title), Hidden: []view.Pair{{Name: "on", Value: "no"}, {Name: "back", Value: "/favourites"}}}
		if st.Open {
			row.Href = p.Listings.Kinds().Of(st.Kind).PagePath(f.ListingID)
		}
		tag, news := standingTag(c, f, st)
		if tag.Label != "" {
			row.Tags = []view.Tag{tag}
		}
		if news {
			changed = append(changed, row)
		} else {
			same = append(same, row)
		}
	}
	body := ui.Sheet{Lead: c.T("只有您自己看得到，最多 %d 项。", watch.MostFavourites)}
	if len(list) == 0 {
		body.Main = []ui.Block{{Parts: view.Parts{view.Empty{Icon: "star", Title: "还没有收藏", Text: "在成果、需求的列表和页面上点“收藏”，以后在这里找到它，并看到它有没有变化。",
			Actions: []view.Action{{Label: "找成果", Href: "/achievements"}, {Label: "找需求", Href: "/demands", Kind: view.Quiet}}}}}}
	}
	if len(changed) > 0 {
		body.Main = append(body.Main, ui.Block{Title: c.T("有变化的（%d）", len(changed)),
			Parts: view.Parts{view.Rows{Label: "有变化的", Items: changed}}})
	}
	if len(same) > 0 {
		body.Main = append(body.Main, ui.Block{Title: c.T("其余收藏（%d）", len(same)),
			Parts: view.Parts{view.Rows{Label: "其余收藏", Items: same}}})
	}
	return ui.ShowSheet(c, c.Page("我的收藏"), body)
}

// nearDeadline is how many days before its last day a favourite says so.
const nearDeadline = 14

// standingTag says what became of a favourite since it was taken in; news: it is worth a look.
func standingTag(c *web.Ctx, f watch.Favourite, st listing.Standing) (tag view.Tag, news bool) {
	switch {
	case st.Kind == "":
		return view.Tag{Label: "已不存在"}, true
	case !st.Open:
		return view.Tag{Label: endedWords(st.State)}, true
	}
	if days, ok := daysLeft(c.Now(), st); ok && days <= nearDeadline {
		if days == 0 {
			return view.Tag{Label: "今天截止", Tone: view.Warn}, true
		}
		return view.Tag{Label: c.T("还剩 %d 天", days), Tone: view.Warn}, true
	}
	if st.Version > f.Version {
		return view.Tag{Label: c.T("已修订，第 %d 版", st.Version), Tone: view.Info}, true
	}
	return view.Tag{}, false
}

// daysLeft counts whole days in Shanghai to the listing's deadline, else to the end of its publication.
func daysLeft(now time.Time, st listing.Standing) (int, bool) {
	last := st.Deadline
	if last == "" && st.ExpiresAt != nil {
		last = clock.Day(*st.ExpiresAt)
	}
	end, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return 0, false
	}
	left := clock.Days(now, end)
	return left, left >= 0
}

func endedWords(s listing.State) string {
	switch s {
	case listing.Withdrawn:
		return "已撤下"
	case listing.Closed:
		return "已办结"
	case listing.Archived:
		return "已归档"
	case listing.Expired:
		return "已到期"
	}
	if s.Live() {
		return "已到期或暂不公开"
	}
	return "不再公开"
}
