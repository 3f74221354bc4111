package market

import (
	"math"
	"slices"
	"strings"
	"time"

	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func (p *Pages) gateRoutes() []web.Route {
	return []web.Route{web.POST("/demands/gate", web.Members(), p.gate).WithFiles()}
}

// gateMeter draws the six parts; edit is the address of the editor, "" on the editor itself.
func gateMeter(c *web.Ctx, parts []listing.GatePart, edit string) view.Meter {
	m := view.Meter{}
	for _, part := range parts {
		line := view.MeterPart{Label: part.Label, There: part.There, Note: part.Ask, Href: edit + "#" + part.Path}
		if part.There {
			m.Done++
			line.Href, line.Note = "", ""
			if part.Quote != "" {
				line.Note = c.T("文中写到“%s”", ui.Clip(part.Quote, 24))
			}
		} else if part.Path == "targets" {
			line.Href = edit + "#targets.0.name"
		}
		m.Parts = append(m.Parts, line)
	}
	return m
}

// gate reads the half-written form and answers the meter; nothing is stored.
func (p *Pages) gate(c *web.Ctx) error {
	if err := c.Limit("gate", 120, time.Minute); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	// A form in the middle of writing has mistakes; they are for the save, not for the meter.
	k := demand.Content{
		Title:         f.Text("title"),
		Problem:       f.Text("problem"),
		Goals:         f.Text("goals"),
		Limits:        f.Text("limits"),
		Tried:         f.Text("tried"),
		Background:    f.Text("background"),
		Reward:        f.Text("reward"),
		Keywords:      f.Lines("keywords"),
		DecisionOwner: f.Text("decisionOwner"),
		Budget:        readRange(f, "budget"),
	}
	for i := range f.Rows("targets", 20) {
		k.Targets = append(
			k.Targets,
			demand.Target{
				Name:    f.Text(web.Row("targets", i, "name")),
				Present: f.Text(web.Row("targets", i, "present")),
				Target:  f.Text(web.Row("targets", i, "target")),
			},
		)
	}
	return c.RenderFragment("", "meter", editorMeter(c, k))
}

// editorID names the demand's form, so that the meter can listen to it.
const editorID = "editor"

func editorMeter(c *web.Ctx, k demand.Content) view.Meter {
	m := gateMeter(c, k.Gate(), "")
	m.Post, m.Form = "/demands/gate", editorID
	return m
}

// similar lists demands that may be the same need: the organisation's own, drafts too, and what is public of others.
func (p *Pages) similar(c *web.Ctx, id int64, k demand.Content) ([]view.Link, error) {
	own, err := p.Demands.Mine(c.Context(), c.Actor(), listing.Filter{Limit: 50})
	if err != nil {
		return nil, err
	}
	candidates := own.Items
	text := search.ClipText(strings.TrimSpace(k.Title + " " + strings.Join(k.Keywords, " ")))
	if search.HasText(text) {
		found, err := p.Catalogue.Others(c.Context(), catalogue.Criteria{Kind: demand.Kind, Text: text}, []int64{id}, 20)
		if err != nil {
			return nil, err
		}
		others, err := p.Demands.Many(c.Context(), c.Actor(), catalogue.IDs(found))
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, others...)
	}
	kind := p.Listings.Kinds().Of(demand.Kind)
	type like struct {
		link  view.Link
		alike float64
	}
	var likes []like
	seen := map[int64]bool{id: true}
	for _, it := range candidates {
		if seen[it.ID] || it.State == listing.Archived {
			continue
		}
		seen[it.ID] = true
		alike := demand.Alike(k, it.Content)
		if alike < demand.AlikeFrom {
			continue
		}
		l := view.Link{
			Label: it.Content.Title,
			Href:  kind.PagePath(it.ID),
			Note:  c.T(" 相似 %d%%，已公开", int(math.Round(alike*100))),
		}
		if it.Mine {
			l.Href, l.Note = kind.DeskPath(it.ID), c.T(" 相似 %d%%，本单位的，%s", int(math.Round(alike*100)), words.ListingState(it.State))
		}
		likes = append(likes, like{l, alike})
	}
	slices.SortStableFunc(likes, func(a, b like) int { return int(math.Round((b.alike - a.alike) * 1000)) })
	var out []view.Link
	for _, l := range likes[:min(5, len(likes))] {
		out = append(out, l.link)
	}
	return out, nil
}

// gateBlocks stand on the preview of a listing whose kind has a gate: what its text says, and what may be there already.
func gateBlocks(c *web.Ctx, kind drawnKind, it item, gate []listing.GatePart) ([]ui.Block, error) {
	m := gateMeter(c, gate, kind.DeskPath(it.base().ID)+"/edit")
	var err error
	if m.Alike, err = it.alike(c); err != nil {
		return nil, err
	}
	return []ui.Block{{Card: true, Title: "写清楚了吗", Parts: view.Parts{m}}}, nil
}
