package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"techmarket/cmd/techmarket/sample"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
)

// demoContract is one contract on its way.
type demoContract struct {
	c         sample.Contract
	applicant actor.Actor
	id        int64
	point     registry.Point
	filing    registry.Filing
	number    string
	state     string // reached so far
	broken    bool
}

// planContracts puts the way of every contract through the desk into the history.
func (l *demoLoader) planContracts() {
	for i, c := range l.market.Contracts {
		l.planContract(i, c)
	}
}

// contractStep is one step before it has its place in the history.
type contractStep struct {
	at   time.Time
	what string
	run  func(ctx context.Context) error
}

func (l *demoLoader) planContract(i int, c sample.Contract) {
	d := &demoContract{c: c, applicant: l.actors[c.Applicant]}
	l.contracts[c.Key] = d
	begun := c.Applied.Add(-26 * time.Hour)
	if c.Applied.IsZero() { // a draft
		begun = l.end.AddDate(0, 0, -1-i%9)
	}
	if agreed := l.agreed[c.Deal]; agreed.After(begun) {
		begun = agreed.Add(20 * time.Hour)
	}
	steps := []contractStep{{begun, "draft", func(ctx context.Context) error { return l.draft(ctx, d) }}}
	add := func(at time.Time, what string, run func(ctx context.Context) error) {
		steps = append(steps, contractStep{at, what, run})
	}
	requested, changed := time.Time{}, time.Time{}
	for _, e := range c.Events {
		at := e.At
		switch e.Event {
		case "request_change":
			if c.State == sample.StateChanging { // what waits at the desk now was asked lately
				if recent := l.end.AddDate(0, 0, -2-i%12); at.Before(recent) {
					at = recent
				}
			}
			requested = at
		case "register_change":
			changed = at
			l.changeSteps(d, requested, at, add)
			continue
		case "cancel":
			add(at.AddDate(0, 0, -3), "request_cancel", func(ctx context.Context) error {
				_, err := l.registry.RequestCancel(ctx, d.applicant, registry.NumberRef{Number: d.number}, e.Note)
				return err
			})
		}
		add(at, e.Event, func(ctx context.Context) error { return l.event(ctx, d, e) })
	}
	for _, income := range c.Incomes {
		at := income.At
		if !requested.IsZero() && at.After(requested) { // nothing is booked while a change is at the desk
			if at = changed.AddDate(0, 0, 1); changed.IsZero() {
				continue
			}
		}
		add(at, "book_income", func(ctx context.Context) error {
			_, err := l.registry.BookIncome(ctx, l.desk(d, sample.RoleRegistrar, ""), registry.NumberRef{Number: d.number}, income.Amount, income.Note)
			if err == nil {
				l.counts["技术性收入"]++
			}
			return err
		})
	}
	slices.SortStableFunc(steps[1:], func(a, b contractStep) int { return a.at.Compare(b.at) }) // the draft comes first, also where its deal was agreed late
	if c.TaxReview != "" {
		add(steps[len(steps)-1].at.AddDate(0, 0, 9), "review_tax_relief", func(ctx context.Context) error {
			note := map[string]string{"ok": "", "no": "合同约定的研发内容与开具的发票不一致，不能免征增值税。"}[c.TaxReview]
			_, err := l.registry.ReviewTaxRelief(ctx, l.supervisor(d), registry.NumberRef{Number: d.number}, c.TaxReview == "ok", note)
			return err
		})
	}
	at := time.Time{}
	for _, s := range steps {
		if !s.at.After(at) {
			s.at = at.Add(time.Minute)
		}
		at = s.at
		l.then(at, func(ctx context.Context) error {
			if d.broken {
				return nil
			}
			if err := s.run(ctx); err != nil {
				d.broken = true
				return l.refused(c.Key+" "+s.what, err)
			}
			return nil
		})
	}
}

// changeSteps are the desk's work between the request of a change and its registration, which the generator leaves out.
func (l *demoLoader) changeSteps(d *demoContract, from, to time.Time, add func(time.Time, string, func(context.Context) error)) {
	registrar, reviewer, head := l.actorOf(d.c, "accept"), l.actorOf(d.c, "pass_second_review"), l.actorOf(d.c, "register")
	part := to.Sub(from) / 6
	at := func(n int) time.Time { return from.Add(time.Duration(n) * part) }
	event := func(name, who, note string) func(context.Context) error {
		return func(ctx context.Context) error {
			return l.event(ctx, d, sample.Event{Event: name, Actor: who, Note: note})
		}
	}
	add(at(1), "accept", event("accept", registrar, ""))
	add(at(2), "pass_first_review", event("pass_first_review", registrar, "补充协议与原合同衔接，新增费用已核对。"))
	add(at(3), "pass_second_review", event("pass_second_review", reviewer, "复核一致。"))
	add(at(4), "pass_experts", func(ctx context.Context) error {
		if d.filing.State != registry.AwaitingExperts {
			return nil
		}
		return event("pass_experts", "", "专家组同意变更后的技术交易额。")(ctx)
	})
	add(to, "register_change", event("register", head, ""))
}

func (l *demoLoader) actorOf(c sample.Contract, event string) string {
	for _, e := range c.Events {
		if e.Event == event {
			return e.Actor
		}
	}
	return ""
}

// desk finds who plays a role at the point where the case lies: the person of the plan where it sits there.
func (l *demoLoader) desk(d *demoContract, role, planned string) actor.Actor {
	if role == sample.RoleExpert {
		for _, p := range l.market.People {
			if p.Role == sample.RoleExpert && (planned == "" || p.Key == planned) {
				return l.actors[p.Key]
			}
		}
	}
	people := l.staff[d.point.ID][role]
	for _, a := range people {
		if a.AccountID == l.actors[planned].AccountID {
			return a
		}
	}
	return people[0]
}

// supervisor is the officer whose area covers the case: the league's, else the region's.
func (l *demoLoader) supervisor(d *demoContract) actor.Actor {
	return l.editor(actor.Actor{Division: d.point.Division})
}

// event carries one event of the plan out.
func (l *demoLoader) event(ctx context.Context, d *demoContract, e sample.Event) (err error) {
	ref, number := registry.Ref{ID: d.filing.ID}, registry.NumberRef{Number: d.number}
	moved := func(f registry.Filing, err error) error {
		if err == nil {
			d.filing, d.state = f, string(f.State)
		}
		return err
	}
	stands := func(r registry.Registration, err error) error {
		if err == nil {
			d.number, d.state = r.Number, string(r.State)
		}
		return err
	}
	if d.state == string(registry.Refused) && e.Event != "open_reconsideration" {
		return nil // the rules refused earlier than the plan
	}
	switch e.Event {
	case "submit":
		return moved(l.registry.Submit(ctx, d.applicant, d.id, d.point.ID))
	case "accept":
		return moved(l.registry.Accept(ctx, l.desk(d, sample.RoleRegistrar, e.Actor), ref))
	case "decline_intake":
		code, note := e.Code, e.Note
		switch {
		case code == "expired":
			note = "合同文本约定的有效期到" + d.c.Ends.Format("2006年1月2日") + "为止，申请日已超过；登记表所填日期与文本不一致，不予受理。"
		case code == "wrong_area" && d.point.ServesOrg != 0:
			code, note = "oral", "没有书面合同文本，只有会议记录，依办法第九条不予受理。"
		}
		return moved(l.registry.DeclineIntake(ctx, l.desk(d, sample.RoleRegistrar, e.Actor), ref, code, note))
	case "request_correction":
		items := []registry.CorrectionItem{{Text: e.Note}}
		return moved(l.registry.RequestCorrection(ctx, l.desk(d, sample.RoleRegistrar, e.Actor), ref, items))
	case "submit_correction":
		return moved(l.registry.SubmitCorrection(ctx, d.applicant, ref, []string{cmp.Or(e.Note, "已按告知补齐。")}))
	case "lapse_correction":
		refused := !l.clock.After(d.filing.DueOn.AddDate(0, 0, 1))
		return moved(l.registry.LapseCorrection(ctx, l.desk(d, sample.RoleRegistrar, e.Actor), ref, refusal(e), refused))
	case "refuse":
		who := l.desk(d, sample.RoleRegistrar, e.Actor)
		if d.filing.State == registry.AwaitingSecondReview {
			who = l.desk(d, sample.RoleReviewer, e.Actor)
		}
		return moved(l.registry.Refuse(ctx, who, ref, refusal(e)))
	case "pass_first_review":
		return l.firstReview(ctx, d, e, moved)
	case "return_to_review":
		return moved(l.registry.ReturnToReview(ctx, l.desk(d, sample.RoleReviewer, e.Actor), ref, e.Note))
	case "pass_second_review":
		return moved(l.registry.PassSecondReview(ctx, l.desk(d, sample.RoleReviewer, e.Actor), ref, e.Note))
	case "pass_experts":
		expert := l.desk(d, sample.RoleExpert, e.Actor)
		minutes, err := l.paper(ctx, expert, contract.Minutes)
		if err != nil {
			return err
		}
		return moved(l.registry.PassExperts(ctx, expert, ref, e.Note, minutes))
	case "register":
		return stands(l.registry.Register(ctx, l.desk(d, sample.RoleHead, e.Actor), ref, ""))
	case "request_change":
		if err := l.amend(ctx, d); err != nil {
			return err
		}
		f, err := l.registry.RequestChange(ctx, d.applicant, number, e.Note)
		if err == nil {
			d.filing, d.state = f, string(registry.Changing)
		}
		return err
	case "cancel":
		ground := "rescinded"
		if strings.Contains(e.Note, "停建") {
			ground = "terminated"
		}
		return stands(l.registry.Cancel(ctx, l.desk(d, sample.RoleHead, e.Actor), number, ground, e.Note))
	case "revoke":
		return stands(l.registry.Revoke(ctx, l.supervisor(d), number, "fraud", e.Note))
	case "open_re_recognition":
		return stands(l.registry.OpenReRecognition(ctx, l.tax, number, e.Note))
	case "open_reconsideration":
		return moved(l.registry.OpenFilingReconsideration(ctx, d.applicant, ref, e.Note))
	}
	return fmt.Errorf("the plan has the event %q, the loader has not", e.Event)
}

// firstReview fills the sheet as the plan decides each row and passes. Where the rules themselves refuse a case that the
// plan refuses later, the case waits in review for its refusal.
func (l *demoLoader) firstReview(ctx context.Context, d *demoContract, e sample.Event, moved func(registry.Filing, error) error) error {
	registrar, ref := l.desk(d, sample.RoleRegistrar, e.Actor), registry.Ref{ID: d.filing.ID}
	sheet := d.filing.Review
	costs := d.c.Costs
	for i := range sheet.Deductions[:min(len(costs), len(sheet.Deductions))] {
		row := &sheet.Deductions[i]
		row.Granted, row.Reasonable, row.Reason = costs[i].Granted, int64(costs[i].Reasonable), costs[i].Reason
		if !row.Granted {
			row.Reasonable, row.Reason = 0, ""
		}
	}
	sheet.Opinion = cmp.Or(e.Note, "符合认定规则，同意登记。")
	sheet.Disputed = d.c.Disputed
	for _, rule := range recognition.Checklist(sheet.Class) {
		if rule.ID != recognition.Disputed || !sheet.Disputed {
			sheet.Cleared = append(sheet.Cleared, rule.ID)
		}
	}
	if err := moved(l.registry.SaveReview(ctx, registrar, ref, sheet)); err != nil {
		return err
	}
	err := moved(l.registry.PassFirstReview(ctx, registrar, ref))
	if fault.HasCode(err, "not_registrable") && (d.c.State == sample.StateRefused || d.c.State == sample.StateReconsider) {
		return nil
	}
	return err
}

// refusal reads code and articles from an event of the plan: "……（认定规则第15条）".
func refusal(e sample.Event) registry.Refusal {
	r := registry.Refusal{Codes: []string{e.Code}, Text: e.Note, Articles: []string{}}
	if _, rest, ok := strings.Cut(e.Note, "（认定规则第"); ok {
		articles, _, _ := strings.Cut(rest, "条")
		r.Articles = strings.Split(articles, "、")
	}
	return r
}

// draft writes the contract as its applicant does, section by section, with its papers.
func (l *demoLoader) draft(ctx context.Context, d *demoContract) error {
	made, err := contract.Contract{}, error(nil)
	if d.c.Deal != "" {
		made, err = l.services.contracts.Draft(ctx, d.applicant, l.deals[d.c.Deal])
	} else {
		made, err = l.services.contracts.Create(ctx, d.applicant, d.c.Import)
	}
	if err != nil {
		return err
	}
	d.id, d.state = made.ID, sample.StateDraft
	l.counts["合同"]++
	content := l.content(d, made.Content)
	sections := []contract.Section{contract.SectionSeller, contract.SectionBuyers, contract.SectionElements, contract.SectionAmounts, contract.SectionStatement}
	if d.c.State == sample.StateDraft {
		// Drafts are written to different points of the task list.
		sections = sections[:2+len(d.c.Key+d.c.Title)%3]
	}
	for _, section := range sections {
		if made, err = l.services.contracts.Save(ctx, d.applicant, d.id, made.Version, section, content); err != nil {
			return err
		}
	}
	if d.c.State == sample.StateDraft {
		return nil
	}
	if err := l.attach(ctx, d, content); err != nil {
		return err
	}
	d.point, err = l.registry.RightPoint(ctx, d.applicant.OrgID, content.Area(), true)
	return err
}

// attach records the papers and puts them to the contract.
func (l *demoLoader) attach(ctx context.Context, d *demoContract, c contract.Content) error {
	text, err := l.papers.take(ctx, d.c.Key)
	if err != nil {
		return err
	}
	id, err := l.record(ctx, d.applicant, text)
	if err != nil {
		return err
	}
	if _, err := l.services.contracts.Attach(ctx, d.applicant, d.id, id, contract.SignedText); err != nil {
		return err
	}
	roles := []contract.FileRole{contract.Undertaking}
	if c.Elements.PlanSource != "9" {
		roles = append(roles, contract.PlanConsent)
	}
	if c.Import() {
		roles = append(roles, contract.ImportCertificate)
	}
	if len(c.Elements.IP) > 0 && c.Elements.IP[0].Certificate == contract.Yes {
		roles = append(roles, contract.IPCertificate)
	}
	for _, role := range roles {
		if id, err = l.paper(ctx, d.applicant, role); err != nil {
			return err
		}
		if _, err := l.services.contracts.Attach(ctx, d.applicant, d.id, id, role); err != nil {
			return err
		}
	}
	return nil
}

// content writes the plan over what the market filled in by itself.
func (l *demoLoader) content(d *demoContract, c contract.Content) contract.Content {
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
	e.Payment, e.PaymentTerms = demoPayments[p.Payment], section(p, "第四条")
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
	e.Field, e.SocialGoal, e.Industry = p.Field, p.Purpose, industryLetter(p.Industry)
	e.SubField = ""
	e.Confidential, e.Confidence = "business", section(p, "第五条")
	if c.Import() {
		e.TradePaper = "样例进口登记" + p.Key
	}
	if a, ok := l.actors[p.Broker]; ok {
		e.Broker, e.Agency = a.Name, a.OrgName
	}
	c.Costs, c.Technical = costRows(costs, total)
	c.Statement = contract.Statement{True: true, Same: true, Unfiled: true, Applicant: d.applicant.Name, Phone: cmp.Or(c.Seller.Phone, c.Buyers[0].Phone)}
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
	return contract.Party{Name: p.Name, CreditCode: p.CreditCode, Country: p.Country, Division: p.Division, Address: p.Address, Representative: p.Legal,
		Contact: p.Contact, Phone: p.Phone, Nature: p.Nature}
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
func (l *demoLoader) amend(ctx context.Context, d *demoContract) error {
	if _, err := l.registry.StartChange(ctx, d.applicant, registry.NumberRef{Number: d.number}); err != nil {
		return err
	}
	now, err := l.services.contracts.Read(ctx, d.applicant, d.id)
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
		if now, err = l.services.contracts.Save(ctx, d.applicant, d.id, now.Version, s, c); err != nil {
			return err
		}
	}
	return nil
}

// paperMill prints the signed texts beside the loading: a PDF takes as long as ten steps of the desk.
type paperMill struct {
	texts  map[string]chan printed
	cancel context.CancelFunc
	group  *errgroup.Group
}

type printed struct {
	content files.Content
	err     error
}

// print starts the mill.
func (l *demoLoader) print(ctx context.Context) (*paperMill, error) {
	fonts, err := l.platform.Fonts()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	m := &paperMill{texts: map[string]chan printed{}, cancel: cancel, group: &errgroup.Group{}}
	m.group.SetLimit(2)
	var filed []sample.Contract
	for _, c := range l.market.Contracts {
		if c.State != sample.StateDraft {
			m.texts[c.Key] = make(chan printed, 1)
			filed = append(filed, c)
		}
	}
	slices.SortStableFunc(filed, func(a, b sample.Contract) int { return a.Applied.Compare(b.Applied) })
	go func() {
		for _, c := range filed {
			m.group.Go(func() error {
				if ctx.Err() != nil {
					return nil
				}
				raw, err := signedText(fonts, c)
				p := printed{err: err}
				if err == nil {
					p.content, p.err = l.platform.Files.Receive(ctx, "技术合同"+strings.TrimPrefix(c.Key, "con-")+"（样例）.pdf", bytes.NewReader(raw))
				}
				m.texts[c.Key] <- p
				return nil
			})
		}
	}()
	l.papers = m
	l.fonts = fonts
	return m, nil
}

func (m *paperMill) take(ctx context.Context, key string) (files.Content, error) {
	select {
	case p := <-m.texts[key]:
		return p.content, p.err
	case <-ctx.Done():
		return files.Content{}, ctx.Err()
	}
}

func (m *paperMill) stop() {
	m.cancel()
	_ = m.group.Wait()
}

// signedText prints a contract; where the fonts lack a character, in the spelling of drawable.
func signedText(fonts *document.Fonts, c sample.Contract) ([]byte, error) {
	write := func(fit func(string) string) ([]byte, error) {
		p := fonts.New(document.PDFOptions{Title: fit(c.Title), At: c.Signed, Sample: true, Numbers: true})
		p.Title(fit(c.Title))
		for _, s := range c.Text {
			p.Heading(fit(s.Heading))
			p.Paragraph(fit(s.Body))
		}
		return p.Bytes()
	}
	raw, err := write(func(s string) string { return s })
	if fault.HasCode(err, "char_not_drawable") {
		raw, err = write(drawable)
	}
	if err != nil {
		return nil, fmt.Errorf("print %s: %w", c.Key, err)
	}
	return raw, nil
}

// drawable spells a text without the characters that the fonts lack: rare ones and Mongolian script become 〓, the sign that
// printers set for a missing type, and 10⁻⁶ becomes 10^-6.
func drawable(text string) string {
	var b strings.Builder
	raised := false
	for _, r := range text {
		plain, super := superscripts[r]
		switch {
		case super && !raised:
			b.WriteString("^" + plain)
		case super:
			b.WriteString(plain)
		case r > 0xFFFF || r >= 0x1800 && r <= 0x18AF || r >= 0x3400 && r <= 0x4DBF:
			b.WriteRune('〓')
		default:
			b.WriteRune(r)
		}
		raised = super
	}
	return b.String()
}

var superscripts = map[rune]string{'⁰': "0", '⁴': "4", '⁵': "5", '⁶': "6", '⁷': "7", '⁸': "8", '⁹': "9", '⁻': "-", '⁺': "+"}

// record names a stored content as the actor's file.
func (l *demoLoader) record(ctx context.Context, a actor.Actor, content files.Content) (id int64, err error) {
	err = l.platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err := l.platform.Files.Record(ctx, tx, content, files.Meta{Purpose: "contract", OwnerOrg: a.OrgID, UploadedBy: a.AccountID})
		id = f.ID
		return err
	})
	return id, err
}

var paperNames = map[contract.FileRole]string{contract.Undertaking: "承诺书", contract.PlanConsent: "计划管理部门同意函", contract.ImportCertificate: "技术进口合同登记证书",
	contract.IPCertificate: "权利证书", contract.Minutes: "专家审查会议纪要"}

// paper is one page that stands for a paper of the actor's organisation; the page is the same for all, the file is its own.
func (l *demoLoader) paper(ctx context.Context, a actor.Actor, role contract.FileRole) (int64, error) {
	key := fmt.Sprint(a.OrgID, role)
	if id, ok := l.forms[key]; ok {
		return id, nil
	}
	page, ok := l.pages[role]
	if !ok {
		name := paperNames[role] + "（样例）"
		p := l.fonts.New(document.PDFOptions{Title: name, At: l.clock, Sample: true})
		p.Title(name)
		p.Paragraph("本件为样例附件，代替真实的" + paperNames[role] + "，不具有任何效力。")
		raw, err := p.Bytes()
		if err != nil {
			return 0, err
		}
		if page, err = l.platform.Files.Receive(ctx, name+".pdf", bytes.NewReader(raw)); err != nil {
			return 0, err
		}
		l.pages[role] = page
	}
	id, err := l.record(ctx, a, page)
	l.forms[key] = id
	return id, err
}

// count tells what became of the plan: every contract must stand where it says.
func (l *demoLoader) count(context.Context) error {
	for _, c := range l.market.Contracts {
		d := l.contracts[c.Key]
		l.counts["合同/"+d.state]++
		if d.state != c.State && !d.broken {
			l.skipped = append(l.skipped, fmt.Sprintf("%s：按计划应为 %s，现在是 %s", c.Key, c.State, d.state))
		}
		if d.number != "" {
			l.counts["登记"]++
		}
	}
	return nil
}
