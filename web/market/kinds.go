package market

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/reading"
	"techmarket/internal/people/identity"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// drawnKind is one kind of listing as the pages draw it: its declaration, and behind face what depends on the content.
type drawnKind struct {
	listing.Descriptor
	face
	fits     string // of the button to its matches
	compared bool   // its listings can be set side by side
	pasted   string // says what may be pasted to begin one
	reads    func(text, today string, sheet listing.Sheet) reading.Result
	unfound  []view.Action // what else a search in vain may do
}

// face hides a kind's content type from the pages.
type face interface {
	get(c *web.Ctx, id int64) (item, error)
	// fresh is what the editor of a new listing begins with.
	fresh(c *web.Ctx, contact listing.Contact) item
	// typed is what a form says, mistakes and files left out; nothing is stored.
	typed(c *web.Ctx, f *web.Form) item
	// mine are the organisation's own listings; next is the cursor of the next page.
	mine(c *web.Ctx, f listing.Filter) (items []item, next string, err error)
	// rows reads listings as the visitor may see them, in the order of ids; what he may not see is left out.
	rows(c *web.Ctx, ids []int64) ([]listed, error)
	// reveal shows the contact person, see listing.Book.Reveal.
	reveal(c *web.Ctx, id int64, purpose listing.Purpose, note string) (listing.Contact, error)
	// save stores what the form says over what is stored, nothing for id 0.
	save(c *web.Ctx, f *web.Form, id int64) (listing.Listing, error)
}

// item is one listing of any kind.
type item interface {
	base() listing.Listing
	content() any // as its owner has it
	mine() bool
	public() bool // there is a published version
	actions() []listing.Event
	topics() []string
	contact() bool // the published version names a contact person
	publicBlocks(c *web.Ctx) []ui.Block
	blocks(c *web.Ctx) []ui.Block // of the working content
	lead(c *web.Ctx) []string     // the line under the title on the page of its matches
	completeness() listing.Completeness
	warnings() []fault.Field
	gate() []listing.GatePart     // nil for a kind without a gate
	meter(c *web.Ctx) *view.Meter // that the editor keeps up to date; nil for a kind without a gate
	sections(a *ui.Ask) []view.Section
	document(ctx context.Context) (search.Document, error)
	// own draws the public page of a kind that has one of its own; false for the page that all kinds share.
	own(c *web.Ctx, org identity.Organisation, actions []view.Action, history []listing.Happening) (bool, error)
	// alike lists what may be the same thing twice; nil for a kind that does not look.
	alike(c *web.Ctx) ([]view.Link, error)
}

// kinds lists how each kind is drawn; a kind is drawn when it is declared to listing and stands here.
func (p *Pages) kinds() []drawnKind {
	declared := p.Listings.Kinds()
	return []drawnKind{
		{
			Descriptor: declared.Of(achievement.Kind), fits: "看合适的需求", compared: true,
			pasted: "把成果摘要、专利首页或本单位的成果登记表贴进来，或放上文件。", reads: reading.Achievement,
			// Who finds no solution may post the problem.
			unfound: []view.Action{{Label: "把难题发布成需求", Href: "/demands/new", Kind: view.Quiet}},
			face: drawing[achievement.Content]{
				pages: p, book: p.Achievements.Book, row: ui.AchievementRow, shown: achievementBlocks,
				fields: achievementFields, read: p.readAchievement, page: p.achievementPage,
				begin: func(_ *web.Ctx, contact listing.Contact, division string) achievement.Content {
					return achievement.Content{Contact: contact, Division: division}
				},
				topicsOf: func(k achievement.Content) []string { return k.Topics },
				leadOf: func(_ *web.Ctx, division string, k achievement.Content) []string {
					return ui.NotEmpty(ui.Place(k.Division, division), k.Price.String(), ui.Cooperation(k.Cooperation))
				},
			},
		},
		{
			Descriptor: declared.Of(demand.Kind), fits: "看匹配到的成果",
			pasted: "把说明难题的整段文字贴进来，或放上本单位的需求征集表。", reads: reading.Need,
			face: drawing[demand.Content]{
				pages: p, book: p.Demands.Book, row: ui.DemandRow, shown: demandBlocks, fields: demandFields, read: p.readDemand, page: p.demandPage,
				begin: func(c *web.Ctx, contact listing.Contact, division string) demand.Content {
					return demand.Content{Contact: contact, Division: division, Problem: c.QueryForm().Text("text")}
				},
				topicsOf: func(k demand.Content) []string { return k.Topics },
				leadOf: func(c *web.Ctx, division string, k demand.Content) []string {
					return ui.NotEmpty(
						ui.Place(k.Division, division),
						c.T("预算：%s", ui.FirstOf(k.Budget.String(), c.T("未填写"))),
						ui.DeadlineWords(c, k.Deadline),
					)
				},
				meterOf: editorMeter, twins: p.similar,
			},
		},
	}
}

// kind is how a kind is drawn. Fault: not found for one that has no pages.
func (p *Pages) kind(k listing.Kind) (drawnKind, error) {
	for _, known := range p.kinds() {
		if known.Kind == k {
			return known, nil
		}
	}
	return drawnKind{}, fault.Newf(fault.NotFound, "listing", "没有“%s”这一类信息的页面。", k)
}

// drawing is the face of a kind with content C.
type drawing[C listing.Content[C]] struct {
	pages    *Pages
	book     *listing.Book[C]
	row      func(*web.Ctx, listing.Item[C], identity.Organisation) view.Row
	shown    func(*web.Ctx, C, actor.Actor) []ui.Block
	fields   func(*ui.Ask, C) []view.Section
	read     func(*web.Ctx, *web.Form, C) (C, error)
	begin    func(c *web.Ctx, contact listing.Contact, division string) C
	topicsOf func(C) []string
	leadOf   func(c *web.Ctx, division string, k C) []string
	page     func(*web.Ctx, listing.Item[C], identity.Organisation, []view.Action, []listing.Happening) error // nil: the shared one
	meterOf  func(*web.Ctx, C) view.Meter                                                                     // nil: no gate
	twins    func(c *web.Ctx, id int64, content C) ([]view.Link, error)                                       // nil: does not look
}

func (d drawing[C]) get(c *web.Ctx, id int64) (item, error) {
	it, err := d.book.Get(c.Context(), c.Actor(), id)
	if err != nil {
		return nil, err
	}
	return drawn[C]{d, it}, nil
}

func (d drawing[C]) fresh(c *web.Ctx, contact listing.Contact) item {
	return drawn[C]{d, listing.Item[C]{Content: d.begin(c, contact, c.Actor().Division)}}
}

func (d drawing[C]) typed(c *web.Ctx, f *web.Form) item {
	var none C
	content, _ := d.read(c, &web.Form{Values: f.Values}, none) // the mistakes are shown at their fields
	return drawn[C]{d, listing.Item[C]{Content: content.Tidy()}}
}

func (d drawing[C]) mine(c *web.Ctx, f listing.Filter) ([]item, string, error) {
	page, err := d.book.Mine(c.Context(), c.Actor(), f)
	if err != nil {
		return nil, "", err
	}
	out := make([]item, len(page.Items))
	for i, it := range page.Items {
		out[i] = drawn[C]{d, it}
	}
	return out, page.Next, nil
}

func (d drawing[C]) rows(c *web.Ctx, ids []int64) ([]listed, error) {
	items, err := d.book.Many(c.Context(), c.Actor(), ids)
	if err != nil {
		return nil, err
	}
	orgs, err := d.pages.Identity.Organisations(c.Context(), ui.OrgIDs(items))
	if err != nil {
		return nil, err
	}
	out := make([]listed, len(items))
	for i, it := range items {
		out[i] = listed{it.Listing, d.row(c, it, orgs[it.OrganisationID])}
	}
	return out, nil
}

func (d drawing[C]) reveal(c *web.Ctx, id int64, purpose listing.Purpose, note string) (listing.Contact, error) {
	return d.book.Reveal(c.Context(), c.Actor(), id, purpose, note)
}

func (d drawing[C]) save(c *web.Ctx, f *web.Form, id int64) (listing.Listing, error) {
	var content C
	if id != 0 {
		stored, err := d.book.Get(c.Context(), c.Actor(), id)
		if err != nil {
			return listing.Listing{}, err
		}
		content = stored.Content
	}
	content, err := d.read(c, f, content)
	if err != nil {
		return listing.Listing{}, err
	}
	var it listing.Item[C]
	if id == 0 {
		it, err = d.book.Create(c.Context(), c.Actor(), content)
	} else {
		it, err = d.book.Save(c.Context(), c.Actor(), id, f.Int("version"), content)
	}
	return it.Listing, err
}

// drawn is one listing of a kind.
type drawn[C listing.Content[C]] struct {
	drawing[C]
	it listing.Item[C]
}

func (d drawn[C]) content() any             { return d.it.Content }
func (d drawn[C]) base() listing.Listing    { return d.it.Listing }
func (d drawn[C]) mine() bool               { return d.it.Mine }
func (d drawn[C]) public() bool             { return d.it.Published != nil }
func (d drawn[C]) actions() []listing.Event { return d.it.Actions }
func (d drawn[C]) topics() []string         { return d.topicsOf(ui.Shown(d.it)) }

func (d drawn[C]) contact() bool { return ui.Shown(d.it).Person() != (listing.Contact{}) }

func (d drawn[C]) publicBlocks(c *web.Ctx) []ui.Block { return d.shown(c, ui.Shown(d.it), c.Actor()) }
func (d drawn[C]) blocks(c *web.Ctx) []ui.Block       { return d.shown(c, d.it.Content, c.Actor()) }

func (d drawn[C]) lead(c *web.Ctx) []string           { return d.leadOf(c, d.it.Division, ui.Shown(d.it)) }
func (d drawn[C]) completeness() listing.Completeness { return d.it.Content.Completeness() }
func (d drawn[C]) warnings() []fault.Field            { return d.it.Content.Warnings() }
func (d drawn[C]) gate() []listing.GatePart           { return listing.GateOf(d.it.Content) }
func (d drawn[C]) sections(a *ui.Ask) []view.Section  { return d.fields(a, d.it.Content) }

func (d drawn[C]) meter(c *web.Ctx) *view.Meter {
	if d.meterOf == nil {
		return nil
	}
	m := d.meterOf(c, d.it.Content)
	return &m
}

func (d drawn[C]) document(ctx context.Context) (search.Document, error) {
	return d.book.Document(ctx, d.it)
}

func (d drawn[C]) own(c *web.Ctx, org identity.Organisation, actions []view.Action, history []listing.Happening) (bool, error) {
	if d.page == nil {
		return false, nil
	}
	return true, d.page(c, d.it, org, actions, history)
}

func (d drawn[C]) alike(c *web.Ctx) ([]view.Link, error) {
	if d.twins == nil {
		return nil, nil
	}
	return d.twins(c, d.it.ID, d.it.Content)
}
