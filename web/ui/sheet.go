// Package ui is the kit that the pages of all wings share: how a page is put together (sheet, list), how a form asks, how
// words, amounts and files are shown.
//
// It refuses rules: what may happen to a listing, a deal or a case is decided by the service; pages only ask it what to offer.
package ui

import (
	"cmp"
	"slices"

	"techmarket/web"
	"techmarket/web/view"
)

// Sheet is the body of the page "sheet".
type Sheet struct {
	Heading view.Text
	Lead    string
	Tags    []view.Tag
	Sample  bool
	Actions []view.Action
	Steps   view.Steps
	Clock   *view.Clock
	Tabs    *view.Tabs
	Main    []Block
	Side    []Block
}

// Listing is the body of the page "list".
type Listing struct {
	Heading view.Text
	Lead    string
	Actions []view.Action
	Tabs    *view.Tabs
	Search  *view.Search
	Notices []view.Notice
	Rail    *view.Rail
	Head    *view.ListHead
	Rows    *view.Rows
	Table   *view.Table
	Pager   view.Pager
	After   []Block
}

// Block is one titled part of a page with its components in reading order.
type Block struct {
	ID    string
	Title string
	Intro string
	More  *view.Link // a link at the right of the title
	Card  bool       // a bordered side note
	Fold  string     // draws the block folded under this summary
	Parts view.Parts
}

// Add puts more components at the end.
func (b *Block) Add(parts ...view.Component) { b.Parts = append(b.Parts, parts...) }

// Declared lists the pages of this package.
func Declared() []view.Decl {
	return []view.Decl{
		view.Declare[Sheet]("ui/sheet"),
		view.Declare[Listing]("ui/list"),
		view.Declare[Sheet]("ui/paper").In("plain"),
	}
}

// ShowSheet answers with the page "sheet".
func ShowSheet(c *web.Ctx, p view.Page, body Sheet) error { return ShowSheetStatus(c, 200, p, body) }

// ShowSheetStatus is ShowSheet with a status.
func ShowSheetStatus(c *web.Ctx, status int, p view.Page, body Sheet) error {
	if len(body.Heading) == 0 {
		body.Heading = view.T(p.Title)
	}
	p.Description = cmp.Or(p.Description, Clip(body.Lead, 120), gist(c, slices.Concat(body.Main, body.Side)...))
	return c.RenderStatus(status, "ui/sheet", view.With[Sheet]{Page: p, Body: body})
}

// ShowList answers with the page "list".
func ShowList(c *web.Ctx, p view.Page, body Listing) error { return ShowListStatus(c, 200, p, body) }

// ShowListStatus is ShowList with a status.
func ShowListStatus(c *web.Ctx, status int, p view.Page, body Listing) error {
	if len(body.Heading) == 0 {
		body.Heading = view.T(p.Title)
	}
	p.Description = cmp.Or(p.Description, Clip(body.Lead, 120))
	if body.Rows != nil {
		for i := range body.Rows.Items {
			body.Rows.Items[i].HeadingTag = "h2" // right below the page's own heading
		}
	}
	return c.RenderStatus(status, "ui/list", view.With[Listing]{Page: p, Body: body})
}
