package services

import (
	"techmarket/internal/services/register"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Help is 谁能帮忙 beside a need: at most three entries of each kind that fits, each with its reason; no block where nothing fits.
func (p *Pages) Help(c *web.Ctx, n register.Need) ([]ui.Block, error) {
	found, err := p.Registers.Help(c.Context(), n)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	block := ui.Block{Title: "谁能帮忙", Intro: "除了成果，下面这些人、平台和服务也可能帮得上忙。按对口程度和远近排列，与付费无关。"}
	for _, d := range p.Registers.Kinds().All() {
		rows := view.Rows{Label: "可能帮得上忙的" + d.Label}
		for _, proposal := range found[d.Kind] {
			e := proposal.Entry
			rows.Items = append(rows.Items, view.Row{Title: view.T(e.Name), Href: d.PagePath(e.ID), Lead: view.T(proposal.Reason), Sample: e.Sample,
				Meta: []string{d.Label}})
		}
		if len(rows.Items) > 0 {
			block.Add(rows)
		}
	}
	return []ui.Block{block}, nil
}
