package site

import (
	"techmarket/internal/market/listing"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// listedAsked is how many of a kind are listed.
const listedAsked = 5

// askedBlocks lists the own listings that wait for the owner's "still true", with one click for all of a kind.
func askedBlocks(asked []askedOf) []ui.Block {
	var out []ui.Block
	add := func(kind listing.Descriptor, items []listing.Listing, more bool) {
		if len(items) == 0 {
			return
		}
		rows := view.Rows{Label: "等待确认的" + kind.Label}
		for _, l := range items {
			row := view.Row{Title: view.T(l.Title), Href: kind.DeskPath(l.ID), Sample: l.Sample}
			if l.ConfirmedAt != nil {
				row.Meta = append(row.Meta, "上次确认 "+view.Day(*l.ConfirmedAt))
			}
			if l.Sleeping() {
				row.Tags = append(row.Tags, view.Tag{Label: "久未确认，排在后面", Tone: view.Warn})
			}
			rows.Items = append(rows.Items, row)
		}
		confirm := view.Action{Label: "全部仍然有效", Post: "/desk/confirm", Hidden: []view.Pair{{Name: "kind", Value: string(kind.Kind)}}}
		if more {
			confirm.Label = "全部仍然有效（含没有列出的）"
		}
		out = append(out, ui.Block{
			ID:    "asked-" + kind.Path,
			Title: "这些" + kind.Label + "还有效吗",
			Intro: "隔一段时间会问一次；一直不确认会降低排序，之后归档。有变化的点进去修改或撤下。",
			Parts: view.Parts{rows, view.Actions{confirm}},
		})
	}
	for _, a := range asked {
		add(a.kind, a.items[:min(len(a.items), listedAsked)], a.more || len(a.items) > listedAsked)
	}
	return out
}
