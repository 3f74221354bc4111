// Package view turns typed structs into pages: the template engine, the components, the drawings (SVG charts and the
// tile map) and the embedded assets. It knows no domain service and no web framework; it refuses maps as data, inline
// styles and scripts, and templates whose fields do not fit their struct (New executes every page once, empty and
// filled, before the first reader comes).
//
// # Writing a page
//
// 1. A body struct, made of this package's components and plain values:
//
//	type achievementList struct {
//		Search view.Search
//		Rail   view.Rail
//		Head   view.ListHead
//		Rows   view.Rows
//		Pager  view.Pager
//	}
//
// 2. A template, web/templates/market/list.html, that defines "main" (and "head" when it needs more there).
// Each component has a partial of the same name in lower case that takes the struct:
//
//	{{define "main"}}<div class="wrap">
//	<div class="pagehead"><h1>{{.Title}}</h1></div>
//	<div class="cols">{{template "rail" .Body.Rail}}<div>
//	{{template "search" .Body.Search}}{{template "listhead" .Body.Head}}
//	{{template "rows" .Body.Rows}}{{template "pager" .Body.Pager}}
//	</div></div></div>{{end}}
//
// 3. A declaration given to New, and a Render call with the same body type:
//
//	view.Declare[achievementList]("market/list")
//	engine.Render(w, "market/list", view.With[achievementList]{Page: page, Body: body})
//
// # Components
//
// A struct with a partial of its own fulfils Component. A page that is put together from data (ui.Sheet, ui.Block) lists
// components in reading order, and the template draws them with {{draw .}}; a page with a template of its own names the
// partials itself. A new component gets its Partial method and its line in components() in component.go.
//
// # Partials
//
//	lists    search · chips · listhead · rows (row) · rail · pager · tabs · table · widetable · facts · compare · figures (figure) · entries
//	forms    form · section · field · errors · dialog; in an own <form method="post"> write {{csrf}} first
//	flow     tasklist · steps · clock · timeline · thread · progress · matches (matchcard) · desk
//	states   notice · empty · skeleton (a []int, one per row) · problem · conflict
//	papers   certificate · digest · digests · chart (BarChart, LineChart, TileMap; Sparkline and QR are bare pictures: {{.SVG}})
//	small    text (Text) · tag (Tag) · sample (no data) · action · actions · links · files · prose · picture · share
//
// Layout classes: wrap (narrow, broad), pagehead, titleline, cols (248 px + rest), side (rest + 320 px), two, card, tablebox,
// sec (a heading with a link at its right), stackv (space between children), prose, hero. Functions: day, daytime, shortday,
// ago, iso; yuan, wan, short, han (money.Fen); count, trl, icon, asset, join, pick; tag, notice, empty, go and submit make
// small structs inside a template.
//
// # Rules
//
// No style attribute and no inline script: the content security policy forbids both. Everything works without scripts; a
// module in web/assets/js only shortens it, found by a data attribute that the partials already write (data-guard,
// data-combo, data-autosubmit, data-upload, data-count, data-columns, data-copy, data-dialog, data-key, data-desk).
// A field keeps what was typed: fill Field.Value with the raw text and Field.Error with what to mend, call Form.Summed, and
// answer 422. Every page has one h1 and at most one primary action. An icon always has a word beside it.
// /design shows every component in every state; look there first.
package view
