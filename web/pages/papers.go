package pages

import (
	"bytes"
	"fmt"
	"slices"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/web"
	"techmarket/web/view"
)

// paperRoutes are the documents that people take away: Word contracts and the desk's papers; with them the register's exchange
// and clock.
func (p *Pages) paperRoutes() []web.Route {
	reader := web.Roles("登记点人员、管理员、税务财政、合同双方", actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert, actor.LeagueOfficer, actor.RegionOfficer,
		actor.TaxReader, actor.Member, actor.OrgAdmin)
	routes := slices.Concat(p.exchangeRoutes(), p.deadlineRoutes(), p.policyRoutes(), p.rateRoutes(), p.listRoutes(), p.pointDeskRoutes())
	return append(routes,
		web.GET("/contracts/:id/word", web.Roles("合同双方和经纪人", actor.Member, actor.OrgAdmin, actor.Broker), p.contractWord),
		web.GET("/filings/:id/papers/:kind", reader, p.filingPaper),
		web.GET("/registrations/:number/papers/:kind", reader, p.registrationPaper),
	)
}

const wordMIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

func (p *Pages) contractWord(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := contract.Word(k.Content, k.Sample, k.UpdatedAt, &b); err != nil {
		return err
	}
	return c.Download(fmt.Sprintf("%s-参考文本.docx", contractTitle(k)), wordMIME, &b)
}

func (p *Pages) filingPaper(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	name, pdf, err := p.Registry.Paper(c.Context(), c.Actor(), id, registry.PaperKind(c.Param("kind")))
	if err != nil {
		return err
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

func (p *Pages) registrationPaper(c *web.Ctx) error {
	name, pdf, err := p.Registry.RegistrationPaper(c.Context(), c.Actor(), c.Param("number"), registry.PaperKind(c.Param("kind")))
	if err != nil {
		return err
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

// papersBlock links the papers that exist.
func papersBlock(base string, kinds []registry.PaperKind) []Block {
	if len(kinds) == 0 {
		return nil
	}
	b := Block{Title: "文书"}
	for _, k := range kinds {
		b.Links = append(b.Links, view.Link{Label: k.Label() + "（PDF）", Href: base + "/papers/" + string(k)})
	}
	return []Block{b}
}
