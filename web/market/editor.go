package market

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/reading"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// editListing opens the editor where the listing may be saved; elsewhere nobody should type what can't be kept.
func (p *Pages) editListing(c *web.Ctx, kind drawnKind, id int64) error {
	o, err := p.readOwn(c, kind, id)
	if err != nil {
		return err
	}
	if slices.Contains(o.actions, listing.EventSave) || !c.Actor().In(o.listing.OrganisationID) {
		return p.showEditor(c, kind, id, nil, nil)
	}
	said := "这条信息" + words.ListingState(o.listing.State) + "，不能修改。"
	switch state := o.listing.State; {
	case state.InReview():
		said = "正在审核。要改的话，先“撤回提交”。"
	case state.Live():
		said = "要改已公布的内容，先点“修订”；审核通过前，公开的仍是原来的内容。"
	}
	c.Flash(view.Warn, said)
	return c.See(kind.DeskPath(id))
}

// showEditor is the form of a new or existing listing.
func (p *Pages) showEditor(c *web.Ctx, kind drawnKind, id int64, form *web.Form, ferr error) error {
	return p.drawEditor(c, kind, id, form, ferr, nil)
}

// drawEditor is showEditor with what was read of a text, nil for nothing.
func (p *Pages) drawEditor(c *web.Ctx, kind drawnKind, id int64, form *web.Form, ferr error, read *reading.Result) error {
	who := c.Actor()
	if !web.Members().Allows(who) {
		return fault.Newf(fault.Forbidden, "not_member", "发布%s的人要有本单位“经办人”身份。请本单位管理员为您开通。", kind.Label)
	}
	title, action, version := "发布"+kind.Label, kind.ListPath(), 0
	a := ui.NewAsk(c, form, ferr)
	it, err := p.edited(c, kind, id, form)
	if err != nil {
		return err
	}
	note := "停下来几秒，草稿自动保存"
	if id != 0 {
		version = it.base().Version
		title, action = "编辑"+kind.Label, kind.DeskPath(id)+"/edit"
		note = savedAt(it.base().UpdatedAt)
	}
	sections := it.sections(a)
	namedBefore(sections, it.base())
	if read != nil {
		markRead(sections, *read)
	}
	outline := outlined(sections)
	f := ui.FormOf(action, "保存草稿", sections...)
	f.Multipart, f.Guard, f.Autosave, f.Note = true, true, true, note
	f.Hidden = []view.Pair{{Name: "version", Value: a.Value("version", strconv.Itoa(version))}}
	f.Actions = []view.Action{
		{Label: "保存并预览", Name: "then", Value: "preview"},
		{Label: "保存草稿，继续写", Name: "then", Value: "edit", Kind: view.Quiet},
	}
	page := c.Page(title)
	page.Breadcrumbs = []view.Link{{Label: "我的" + kind.Label, Href: kind.OwnPath()}}
	body := ui.Sheet{Lead: "草稿随时可以保存，没写完也行；预览后再提交审核。", Side: []ui.Block{{Card: true, Title: "填写的步骤", Parts: view.Parts{outline}}}}
	meter := it.meter(c)
	if form != nil {
		meter = kind.typed(c, form).meter(c)
	}
	if meter != nil {
		f.ID = editorID
		body.Side = append(body.Side, ui.Block{Card: true, Title: "写清楚了吗", Parts: view.Parts{meter}})
	}
	switch {
	case read != nil:
		body.Main = readBlocks(*read, kind.typed(c, form))
	case id == 0 && form == nil:
		body.Main = []ui.Block{oneBox(c, kind, nil, "")}
	}
	body.Main = append(body.Main, a.Blocks(f)...)
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// savedAt says when a draft was saved, in the words of the script that saves it.
func savedAt(at time.Time) string { return "已保存 " + clock.Local(at).Format("15:04") }

// outlined numbers the sections that have a title, and lists them with how much of each is filled in.
func outlined(sections []view.Section) view.Links {
	var out view.Links
	filled, all := 0, 0
	close := func() {
		if n := len(out); n > 0 && all > 0 {
			out[n-1].Note = fmt.Sprintf("已填 %d / %d", filled, all)
		}
		filled, all = 0, 0
	}
	for i := range sections {
		s := &sections[i]
		if s.Title != "" {
			close()
			s.ID = fmt.Sprintf("step-%d", len(out)+1)
			out = append(out, view.Link{Label: fmt.Sprintf("%d　%s", len(out)+1, s.Title), Href: "#" + s.ID})
		}
		for _, f := range s.Fields {
			if f.Kind == view.File {
				continue
			}
			all++
			chosen := slices.ContainsFunc(f.Options, func(o view.Option) bool { return o.Checked && o.Value != "" && o.Value != "0" })
			if chosen || len(f.Options) == 0 && f.Value != "" {
				filled++
			}
		}
	}
	close()
	return out
}

// edited is what the editor shows: what is stored, or a new listing that begins with what is known of its author.
func (p *Pages) edited(c *web.Ctx, kind drawnKind, id int64, form *web.Form) (item, error) {
	if id != 0 {
		return kind.get(c, id)
	}
	if form != nil { // what was typed stands in the form
		return kind.fresh(c, listing.Contact{}), nil
	}
	me, err := p.Identity.Account(c.Context(), c.Actor())
	if err != nil {
		return nil, err
	}
	return kind.fresh(c, listing.Contact{Name: me.DisplayName, Phone: me.Phone, Email: me.Email}), nil
}

func (p *Pages) saveListing(c *web.Ctx, kind drawnKind, id int64) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	saved, err := kind.save(c, f, id)
	if f.Text("then") == "auto" {
		return p.autosaved(c, kind, saved, err)
	}
	if fault.HasCode(err, "stale_version") {
		return p.listingConflict(c, kind, id, f)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showEditor(c, kind, id, f, err)
		}
		return err
	}
	if f.Text("then") == "edit" {
		c.Flash(view.OK, "已保存，可以接着写。")
		return c.See(kind.DeskPath(saved.ID) + "/edit")
	}
	c.Flash(view.OK, "草稿已保存。下面是预览，看好了再提交审核。")
	return c.See(kind.DeskPath(saved.ID))
}

// autosaved answers the script that saves a draft: what to say, and where and with which version it saves next.
func (p *Pages) autosaved(c *web.Ctx, kind drawnKind, l listing.Listing, err error) error {
	answer := map[string]string{}
	switch {
	case fault.HasCode(err, "stale_version"):
		answer["said"] = "这份草稿在另一个窗口或被同事保存过，这里的没有自动保存。点“保存草稿”，可以对照两份再定。"
	case ui.Refused(err):
		answer["said"] = "还没有自动保存：" + ui.Reason(c, err)
	case err != nil:
		return err
	default:
		answer["said"], answer["action"], answer["version"] = savedAt(l.UpdatedAt), kind.DeskPath(l.ID)+"/edit", strconv.Itoa(l.Version)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return c.Blob("application/json; charset=utf-8", b)
}

// listingConflict shows what was typed beside what somebody else saved first.
func (p *Pages) listingConflict(c *web.Ctx, kind drawnKind, id int64, f *web.Form) error {
	stored := &ui.Ask{Errors: map[string]string{}}
	it, err := kind.get(c, id)
	if err != nil {
		return err
	}
	l, sections := it.base(), it.sections(stored)
	at := kind.DeskPath(id) + "/edit"
	who, when, err := p.savedBy(c, l)
	if err != nil {
		return err
	}
	f.KeepFiles(c.Fault)
	body := view.Conflict{What: kind.Label + "《" + l.Title + "》", Who: who, At: when, Form: at, Theirs: at}
	for _, s := range sections {
		for _, field := range s.Fields {
			theirs := field.Value
			if field.Kind == view.Check {
				var on []string
				for _, o := range field.Options {
					if o.Checked {
						on = append(on, o.Value)
					}
				}
				theirs = ui.Join(on)
			}
			if mine := ui.Join(f.Values[field.Name]); field.Kind != view.File && mine != theirs {
				body.Fields = append(body.Fields, view.ConflictField{Label: field.Label, Mine: mine, Theirs: theirs})
			}
		}
	}
	for name, values := range f.Values {
		if name == "version" || strings.HasPrefix(name, "_") {
			continue
		}
		for _, v := range values {
			body.Keep = append(body.Keep, view.Pair{Name: name, Value: v})
		}
	}
	for field, files := range f.Kept {
		for _, u := range files {
			if value := strconv.FormatInt(u.ID, 10); !slices.Contains(f.Values[field+".kept"], value) {
				body.Keep = append(body.Keep, view.Pair{Name: field + ".kept", Value: value})
			}
		}
	}
	body.Keep = append(body.Keep, view.Pair{Name: "version", Value: strconv.Itoa(l.Version)})
	return c.RenderStatus(409, "error/conflict", view.With[view.Conflict]{Page: c.Page("内容已有变化"), Body: body})
}

// savedBy names who saved a listing last: oneself in another window, or a colleague.
func (p *Pages) savedBy(c *web.Ctx, l listing.Listing) (who string, at time.Time, err error) {
	last, err := p.Listings.LastSave(c.Context(), c.Actor(), l.ID)
	switch {
	case err != nil:
		return "", time.Time{}, err
	case last == nil || last.AccountID == nil:
		return "同单位的另一位经办人", l.UpdatedAt, nil
	case *last.AccountID == c.Actor().AccountID:
		return "您自己在另一个窗口", l.UpdatedAt, nil
	}
	names, err := p.Identity.Names(c.Context(), []int64{*last.AccountID})
	return "同单位的" + names[*last.AccountID], l.UpdatedAt, err
}

func (p *Pages) readAchievement(c *web.Ctx, f *web.Form, k achievement.Content) (achievement.Content, error) {
	k.Title, k.Summary, k.Problem, k.Description = f.Text("title"), f.Text("summary"), f.Text("problem"), f.Text("description")
	k.Keywords, k.Field, k.Industry, k.Division, k.RegisterNo = f.Lines(
		"keywords",
	), f.Text(
		"field",
	), f.Text(
		"industry",
	), f.Text(
		"division",
	), f.Text(
		"registerNo",
	)
	k.Topics, k.Cooperation, k.Price, k.Contact = f.List("topics"), f.List("cooperation"), readRange(f, "price"), readContact(f)
	k.Maturity.Level, k.Maturity.Basis, k.Maturity.Judge, k.Maturity.Date = f.Int(
		"maturity.level",
	), f.Text(
		"maturity.basis",
	), f.Text(
		"maturity.judge",
	), f.Text(
		"maturity.date",
	)
	k.Team = achievement.Team{Lead: f.Text("team.lead"), Members: f.Lines("team.members"), Introduction: f.Text("team.introduction")}
	k.Advantages, k.IP, k.Cases = nil, nil, nil
	for i := range f.Rows("advantages", 20) {
		row := func(name string) string { return f.Text(web.Row("advantages", i, name)) }
		k.Advantages = append(
			k.Advantages,
			achievement.Advantage{Name: row("name"), Ours: row("ours"), Present: row("present"), Unit: row("unit")},
		)
	}
	for i := range f.Rows("ip", 50) {
		row := func(name string) string { return f.Text(web.Row("ip", i, name)) }
		k.IP = append(
			k.IP,
			achievement.IP{Kind: row("kind"), Number: row("number"), Status: row("status"), Expires: row("expires"), Title: row("title")},
		)
	}
	for i := range f.Rows("cases", 20) {
		row := func(name string) string { return f.Text(web.Row("cases", i, name)) }
		k.Cases = append(k.Cases, achievement.Case{Organisation: row("organisation"), Effect: row("effect"), Year: row("year")})
	}
	if err := ui.FormErr(f); err != nil {
		return k, err
	}
	files, err := p.readFiles(c, f, k.Files)
	if err != nil {
		return k, err
	}
	k.Files = files
	evidence, err := ui.Uploads(c, p.Files, f, "evidence", "listing")
	if err != nil {
		return k, err
	}
	k.Maturity.FileIDs = append(slices.Clone(k.Maturity.FileIDs), evidence...)
	return k, nil
}

func (p *Pages) readDemand(c *web.Ctx, f *web.Form, k demand.Content) (demand.Content, error) {
	k.Title, k.Problem, k.Limits, k.Tried, k.Background = f.Text(
		"title",
	), f.Text(
		"problem",
	), f.Text(
		"limits",
	), f.Text(
		"tried",
	), f.Text(
		"background",
	)
	k.Keywords, k.Field, k.Industry, k.Division = f.Lines("keywords"), f.Text("field"), f.Text("industry"), f.Text("division")
	k.Topics, k.Cooperation, k.Budget, k.Contact = f.List("topics"), f.List("cooperation"), readRange(f, "budget"), readContact(f)
	k.Deadline, k.DecisionOwner, k.MaturityMin = f.Text("deadline"), f.Text("decisionOwner"), f.Int("maturityMin")
	k.Challenge, k.Reward, k.Goals, k.Solver = f.Bool("challenge"), f.Text("reward"), f.Text("goals"), f.Text("solver")
	k.Anonymous = f.Bool("anonymous")
	k.Ownership, k.Partners, k.Benefit, k.Talent = f.Text("ownership"), f.Text("partners"), f.Text("benefit"), f.Text("talent")
	k.Targets = nil
	for i := range f.Rows("targets", 20) {
		row := func(name string) string { return f.Text(web.Row("targets", i, name)) }
		k.Targets = append(k.Targets, demand.Target{Name: row("name"), Present: row("present"), Target: row("target"), Unit: row("unit")})
	}
	if err := ui.FormErr(f); err != nil {
		return k, err
	}
	files, err := p.readFiles(c, f, k.Files)
	k.Files = files
	return k, err
}
