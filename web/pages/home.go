package pages

import "techmarket/web/view"

// Home is the body of the page "home".
type Home struct {
	Search       view.Search
	Topics       []view.Chip
	Figures      []view.Figure
	Entries      []view.Entry
	Achievements view.Rows
	Demands      view.Rows
	Map          view.Picture
	MapNote      string
	Top          view.Table
	TopNote      string
}
