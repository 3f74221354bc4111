package demo

import (
	"cmp"
	"context"
	"strings"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/money"
)

// draft writes the contract as its applicant does, section by section, with its papers.
func (l *loader) draft(ctx context.Context, d *contractRun) error {
	var made contract.Contract
	var err error
	if d.c.Deal != "" {
		made, err = l.Services.Contracts.Draft(ctx, d.applicant, l.deals[d.c.Deal])
	} else {
		made, err = l.Services.Contracts.Create(ctx, d.applicant, d.c.Import)
	}
	if err != nil {
		return err
	}
	d.id, d.state = made.ID, sample.StateDraft
	l.counts["合同"]++
	content := l.content(d, made.Content)
	sections := []contract.Section{contract.SectionSeller, contract.SectionBuyers, contract.SectionElements, contract.SectionAmounts,
		contract.SectionStatement}
	if d.c.State == sample.StateDraft {
		// Drafts are written to different points of the task list.
		sections = sections[:2+len(d.c.Key+d.c.Title)%3]
	}
	for _, section := range sections {
		if made, err = l.Services.Contracts.Save(ctx, d.applicant, d.id, made.Version, section, content); err != nil {
			return err
		}
	}
	if d.c.State == sample.StateDraft {
		return nil
	}
	if err := l.attach(ctx, d, content); err != nil {
		return err
	}
	d.point, err = l.Points.Right(ctx, d.applicant.OrgID, content.Area(), true)
	return err
}

// content writes the plan over what the market filled in by itself.
func (l *loader) content(d *contractRun, c contract.Content) contract.Content {
	p := d.c
	if p.Seller.Country != contract.China {
		c.Seller = outsider(p.Seller)
	} else {
		c.Seller.Representative = cmp.Or(c.Seller.Representative, c.Seller.Contact)
	}
	if declined := p.State == sample.StateDeclined; declined && p.Point != p.RightPoint {
		// The form named the area of the point where it was handed in; the desk found the seller elsewhere.
		c.Seller.Division = l.points[p.Point].Division
	}
	if org, ok := l.organisations[p.Buyer.Org]; ok {
		c.Buyers = []contract.Party{contract.PartyOf(org)}
		c.Buyers[0].Representative = cmp.Or(c.Buyers[0].Representative, c.Buyers[0].Contact)
	} else {
		c.Buyers = []contract.Party{outsider(p.Buyer)}
	}
	total, costs := p.Amounts.Total, p.Costs
	if len(p.Versions) > 1 { // the change comes later
		total = p.Versions[0].Amounts.Total
		if n := len(costs); n > 0 && costs[n-1].Name == "补充试验用料" {
			costs = costs[:n-1]
		}
	}
	e := &c.Elements
	e.Name, e.ClassCode, e.Summary = p.Title, p.Class, lead(section(p, "第一条"), 400)
	e.SignedOn, e.BeginsOn, e.EndsOn = contract.DateOf(p.Signed), contract.DateOf(p.Begins), contract.DateOf(p.Ends)
	if p.State == sample.StateDeclined && p.Ends.Before(p.Applied) {
		e.EndsOn = contract.DateOf(p.Applied.AddDate(1, 0, 0)) // as typed; the text says otherwise
	}
	e.Amount, e.AmountOpen, e.VATIncluded = total, p.Royalty, contract.Yes
	e.Payment, e.PaymentTerms = payments[p.Payment], section(p, "第四条")
	e.Royalty, e.RelatedParty = contract.No, contract.No
	if p.Royalty {
		e.Royalty, e.RoyaltyTerms = contract.Yes, "按实施产品年销售额的3%提成，每年3月底前结算上一年度，至许可期满。"
	}
	if p.Related {
		e.RelatedParty = contract.Yes
	}
	e.Medium = []string{"paper", "electronic"}[len(p.Title)%2]
	if e.PlanSource = p.PlanSource; e.PlanSource != "9" {
		e.PlanName, e.PlanNumber = "样例科技计划项目", "YL"+p.Key
	}
	e.IP = []contract.IP{rightOf(p)}
	e.OwnershipTerms, e.OwnershipDone = section(p, "第六条"), contract.Yes
	if p.Licence != nil {
		e.Licence = contract.Licence{Years: p.Licence.Years, Exclusive: "ordinary"}
		if p.Licence.Exclusive {
			e.Licence.Exclusive = "exclusive"
		}
	}
	e.Field, e.SocialGoal, e.Industry = p.Field, p.Purpose, IndustryLetter(p.Industry)
	e.SubField = ""
	e.Confidential, e.Confidence = "business", section(p, "第五条")
	if c.Import() {
		e.TradePaper = "样例进口登记" + p.Key
	}
	if a, ok := l.actors[p.Broker]; ok {
		e.Broker, e.Agency = a.Name, a.OrgName
	}
	c.Costs, c.Technical = costRows(costs, total)
	c.Statement = contract.Statement{True: true, Same: true, Unfiled: true, Applicant: d.applicant.Name,
		Phone: cmp.Or(c.Seller.Phone, c.Buyers[0].Phone)}
	return c
}

// costRows are the applicant's rows and the T it claims: everything that it does not call a carrier is deducted.
func costRows(costs []sample.Cost, total money.Fen) ([]contract.CostRow, money.Fen) {
	var rows []contract.CostRow
	technical := total
	for _, r := range costs {
		rows = append(rows, contract.CostRow{Kind: r.Kind, Name: r.Name, Quantity: int64(r.Quantity), UnitCost: r.Unit, Carrier: r.Carrier})
		if !r.Carrier {
			technical -= money.Fen(r.Quantity) * r.Unit
		}
	}
	return rows, technical
}

// rightOf is the right a contract moves, with what its papers prove.
func rightOf(p sample.Contract) contract.IP {
	ip := contract.IP{Kind: p.IP.Kind, Title: p.IP.Title, Number: p.IP.Number}
	if ip.Kind == "" {
		ip.Kind = "none"
	}
	if ip.Kind == "none" {
		return contract.IP{Kind: "none"}
	}
	ip.Certificate, ip.Valid = contract.Yes, contract.Yes
	if ip.Number == "" && ip.Kind != "know_how" { // the case without a certificate
		ip.Number, ip.Certificate = "样例待补", contract.No
	}
	return ip
}

func outsider(p sample.Party) contract.Party {
	return contract.Party{Name: p.Name, CreditCode: p.CreditCode, Country: p.Country, Division: p.Division, Address: p.Address,
		Representative: p.Legal,
		Contact:        p.Contact, Phone: p.Phone, Nature: p.Nature}
}

// section is the body of an article of the signed text.
func section(p sample.Contract, article string) string {
	for _, s := range p.Text {
		if strings.HasPrefix(s.Heading, article) {
			return s.Body
		}
	}
	return ""
}

// amend writes the supplementary agreement into a registered contract.
func (l *loader) amend(ctx context.Context, d *contractRun) error {
	if _, err := l.Registry.Do(ctx, d.applicant, registry.Command{Number: d.number, Event: registry.EventStartChange}); err != nil {
		return err
	}
	now, err := l.Services.Contracts.Read(ctx, d.applicant, d.id)
	if err != nil {
		return err
	}
	c := now.Content
	total, costs := d.c.Amounts.Total, d.c.Costs
	if len(d.c.Versions) < 2 { // still at the desk: the plan has no figures of it
		more := total / 10
		total += more - more%money.Yuan
	}
	c.Elements.Amount = total
	c.Costs, c.Technical = costRows(costs, total)
	if ends := contract.DateOf(l.clock.AddDate(0, 6, 0)); c.Elements.EndsOn < ends {
		c.Elements.EndsOn = ends
	}
	for _, s := range []contract.Section{contract.SectionElements, contract.SectionAmounts} {
		if now, err = l.Services.Contracts.Save(ctx, d.applicant, d.id, now.Version, s, c); err != nil {
			return err
		}
	}
	agreement, err := l.paper(ctx, d.applicant, contract.Supplement)
	if err != nil {
		return err
	}
	_, err = l.Services.Contracts.Attach(ctx, d.applicant, d.id, agreement, contract.Supplement)
	return err
}
