package certify

import (
	"fmt"

	"techmarket/internal/certify/registry"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// phraseUses are the words of where a text block is offered.
var phraseUses = map[registry.PhraseUse]string{registry.ForCorrection: "补正事项", registry.ForOpinion: "初审、复核意见",
	registry.ForReason: "不予受理、不予登记、退回的理由"}

// phrasesFor are the texts of a use, as a field offers them.
func phrasesFor(all []registry.Phrase, use registry.PhraseUse) []string {
	var out []string
	for _, p := range all {
		if p.Use == use {
			out = append(out, p.Words)
		}
	}
	return out
}

// useOf says which text blocks the form of an event offers.
func useOf(event registry.Event) registry.PhraseUse {
	switch event {
	case registry.EventRequestCorrection, registry.EventReturnCorrection:
		return registry.ForCorrection
	case registry.EventPassSecondReview:
		return registry.ForOpinion
	case registry.EventDeclineIntake, registry.EventRefuse, registry.EventLapseCorrection, registry.EventReturnToReview:
		return registry.ForReason
	}
	return ""
}

// phrases is the list of the own text blocks with the form for another.
func (p *Pages) phrases(c *web.Ctx) error { return p.showPhrases(c, nil, nil) }

func (p *Pages) showPhrases(c *web.Ctx, form *web.Form, ferr error) error {
	all, err := p.Registry.Phrases(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	page := c.Page("常用语")
	page.Breadcrumbs = []view.Link{{Label: "登记工作台", Href: "/registry"}}
	body := ui.Sheet{Lead: "写补正事项、意见和理由时，在输入框里按 Alt+1 到 Alt+9 插入对应的一条，也可以展开后点选。只有您自己看得到。"}
	for _, use := range registry.PhraseUses() {
		rows := view.Rows{Label: phraseUses[use], Empty: view.Empty{Icon: "file-text", Title: "还没有", Text: "在下面添加第一条。"}}
		n := 0
		for _, ph := range all {
			if ph.Use != use {
				continue
			}
			n++
			row := view.Row{Title: view.T(ph.Words), Actions: []view.Action{{Label: "删去", Post: fmt.Sprintf("/registry/phrases/%d/remove", ph.ID),
				Kind: view.Quiet, Small: true}}}
			if n <= 9 {
				row.Meta = []string{fmt.Sprintf("Alt+%d", n)}
			}
			rows.Items = append(rows.Items, row)
		}
		body.Main = append(body.Main, ui.Block{Title: phraseUses[use], Parts: view.Parts{rows}})
	}
	a := ui.NewAsk(c, form, ferr)
	var uses []view.Option
	for _, use := range registry.PhraseUses() {
		uses = append(uses, view.Option{Value: string(use), Label: phraseUses[use]})
	}
	body.Main = append(body.Main, ui.Block{Card: true, Title: "添加常用语", Parts: view.Parts{a.Notice, view.NewForm("/registry/phrases", "添加",
		a.Radio("use", "用在", string(registry.ForCorrection), uses, ui.Required), a.Area("words", "内容", "", ui.Required, ui.Limit(500)))}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func (p *Pages) addPhrase(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Registry.AddPhrase(c.Context(), c.Actor(), registry.PhraseUse(f.Text("use")), f.Text("words")); err != nil {
		if ui.Refused(err) {
			return p.showPhrases(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "已添加。")
	return c.See("/registry/phrases")
}

func (p *Pages) removePhrase(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := p.Registry.RemovePhrase(c.Context(), c.Actor(), id); err != nil {
		return err
	}
	c.Flash(view.OK, "已删去。")
	return c.See("/registry/phrases")
}
