package certify

import (
	"bytes"
	"fmt"
	"strconv"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/papers"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// paperRoutes are the documents that people take away: Word contracts and the desk's papers.
func (p *Pages) paperRoutes() []web.Route {
	reader := web.CaseReaders()
	return []web.Route{
		web.GET("/contracts/:id/word", web.Traders(), p.contractWord),
		web.GET("/filings/:id/papers/:kind", reader, p.filingPaper),
		web.GET("/registry/print", web.Desk(), p.printBatch),
		web.GET("/registrations/:number/papers/:kind", reader, p.registrationPaper),
	}
}

func (p *Pages) contractWord(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := contract.Word(k.Content, k.Sample, k.UpdatedAt, &b); err != nil {
		return err
	}
	return c.Download(fmt.Sprintf("%s-参考文本.docx", contractTitle(k)), web.WordMIME, &b)
}

func (p *Pages) filingPaper(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	name, pdf, err := p.Papers.Filing(c.Context(), c.Actor(), id, papers.Kind(c.Param("kind")))
	if err != nil {
		return err
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

// printBatch sends the same paper of every filing on the page of the list, as one PDF for the printer.
func (p *Pages) printBatch(c *web.Ctx) error {
	q := c.QueryForm()
	var filings []int64
	for _, text := range q.List("id") {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			filings = append(filings, id)
		}
	}
	kind := papers.Kind(q.Text("kind"))
	pdf, err := p.Papers.Batch(c.Context(), c.Actor(), filings, kind)
	if err != nil {
		return ui.FlashRefusal(c, err, "/registry")
	}
	return c.Inline(string(kind.Title())+".pdf", "application/pdf", bytes.NewReader(pdf))
}

func (p *Pages) registrationPaper(c *web.Ctx) error {
	name, pdf, err := p.Papers.Registration(c.Context(), c.Actor(), c.Param("number"), papers.Kind(c.Param("kind")))
	if err != nil {
		return err
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

// papersBlock links the papers that exist.
func papersBlock(base string, kinds []papers.Kind) []ui.Block {
	if len(kinds) == 0 {
		return nil
	}
	var links view.Links
	for _, k := range kinds {
		links = append(links, view.Link{Label: string(k.Title()) + "（PDF）", Href: base + "/papers/" + string(k)})
	}
	return []ui.Block{{Title: "文书", Parts: view.Parts{links}}}
}
