package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
)

// contractRun is one contract on its way.
type contractRun struct {
	c         sample.Contract
	applicant actor.Actor
	id        int64
	point     point.Point
	filing    registry.Filing
	number    string
	state     string // reached so far
	broken    bool
}

// planContracts puts the way of every contract through the desk into the history.
func (l *loader) planContracts() {
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

func (l *loader) planContract(i int, c sample.Contract) {
	d := &contractRun{c: c, applicant: l.actors[c.Applicant]}
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
				return l.do(ctx, d, d.applicant, registry.Command{Number: d.number, Event: registry.EventRequestCancel, Text: e.Note})
			})
		}
		add(at, e.Event, func(ctx context.Context) error { return l.event(ctx, d, e) })
	}
	l.incomeSteps(d, requested, changed, add)
	// the draft comes first, also where its deal was agreed late
	slices.SortStableFunc(steps[1:], func(a, b contractStep) int { return a.at.Compare(b.at) })
	if c.TaxReview != "" {
		add(steps[len(steps)-1].at.AddDate(0, 0, 9), "review_tax_relief", func(ctx context.Context) error {
			note := map[string]string{"ok": "", "no": "合同约定的研发内容与开具的发票不一致，不能免征增值税。"}[c.TaxReview]
			_, err := l.Registry.Do(
				ctx,
				l.supervisor(d),
				registry.Command{Number: d.number, Event: registry.EventReviewTaxRelief, Approved: c.TaxReview == "ok", Text: note},
			)
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

// incomeSteps are the bookings of technical income, each on its day or after the change that was at the desk then.
func (l *loader) incomeSteps(d *contractRun, requested, changed time.Time, add func(time.Time, string, func(context.Context) error)) {
	for _, income := range d.c.Incomes {
		at := income.At
		if !requested.IsZero() && at.After(requested) { // nothing is booked while a change is at the desk
			if at = changed.AddDate(0, 0, 1); changed.IsZero() {
				continue
			}
		}
		add(at, "book_income", func(ctx context.Context) error {
			registrar := l.desk(d, sample.RoleRegistrar, "")
			sheet, err := l.paper(ctx, registrar, incomeSheet)
			if err != nil {
				return err
			}
			_, err = l.Registry.Do(ctx, registrar,
				registry.Command{Number: d.number, Event: registry.EventBookIncome, Amount: income.Amount, Text: income.Note, Paper: sheet})
			if err == nil {
				l.counts["技术性收入"]++
			}
			return err
		})
	}
}

// changeSteps are the desk's work between the request of a change and its registration, which the generator leaves out.
func (l *loader) changeSteps(d *contractRun, from, to time.Time, add func(time.Time, string, func(context.Context) error)) {
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

func (l *loader) actorOf(c sample.Contract, event string) string {
	for _, e := range c.Events {
		if e.Event == event {
			return e.Actor
		}
	}
	return ""
}

// desk finds who plays a role at the point where the case lies: the person of the plan where it sits there.
func (l *loader) desk(d *contractRun, role, planned string) actor.Actor {
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
func (l *loader) supervisor(d *contractRun) actor.Actor {
	return l.editor(actor.Actor{Division: d.point.Division})
}

// event carries one event of the plan out, by the commands that the page and the API send.
func (l *loader) event(ctx context.Context, d *contractRun, e sample.Event) error {
	if d.state == string(registry.Refused) && e.Event != "open_reconsideration" {
		return nil // the rules refused earlier than the plan
	}
	switch e.Event {
	case "submit":
		f, err := l.Registry.Submit(ctx, d.applicant, d.id, d.point.ID)
		if err == nil {
			d.filing, d.state = f, string(f.State)
		}
		return err
	case "pass_first_review":
		return l.firstReview(ctx, d, e)
	case "pass_experts":
		return l.experts(ctx, d, e)
	case "revoke":
		return l.revoke(ctx, d, e)
	case "request_change":
		if err := l.amend(ctx, d); err != nil {
			return err
		}
	case "refuse":
		if d.filing.State == registry.InReview {
			sheet := d.filing.Review
			sheet.Findings = []registry.Finding{{Code: d.c.Finding}}
			save := registry.Command{Filing: d.filing.ID, Event: registry.EventSaveReview, Review: sheet}
			if err := l.do(ctx, d, l.desk(d, sample.RoleRegistrar, e.Actor), save); err != nil {
				return err
			}
		}
	case "lapse_correction":
		if clock.Date(l.clock).Format(time.DateOnly) <= d.filing.Correction.DueOn { // holidays made the term longer than the plan knew
			no := registry.Command{Filing: d.filing.ID, Event: registry.EventDeclineCorrection, Text: "无法补齐，请按规定办理。"}
			if err := l.do(ctx, d, d.applicant, no); err != nil {
				return err
			}
		}
	}
	who, c := l.command(d, e)
	return l.do(ctx, d, who, c)
}

// command is an event of the plan as one command, and who sends it.
func (l *loader) command(d *contractRun, e sample.Event) (actor.Actor, registry.Command) {
	c := registry.Command{Event: registry.Event(e.Event), Text: e.Note}
	if slices.Contains([]string{"request_change", "cancel", "open_re_recognition"}, e.Event) {
		c.Number = d.number
	} else {
		c.Filing = d.filing.ID
	}
	role := sample.RoleRegistrar
	switch e.Event {
	case "decline_intake":
		c.Code = e.Code
		switch {
		case e.Code == "expired":
			c.Text = "合同文本约定的有效期到" + d.c.Ends.Format("2006年1月2日") + "为止，申请日已超过；登记表所填日期与文本不一致，不予受理。"
		case e.Code == "wrong_area" && d.point.ServesOrg != 0:
			c.Code, c.Text = "oral", "没有书面合同文本，只有会议记录，依办法第九条不予受理。"
		}
	case "request_correction":
		c.Items = []registry.CorrectionItem{{Text: e.Note, Reason: cmp.Or(lapsedWith(d.c), "R7")}}
	case "submit_correction":
		c.Answers = []string{cmp.Or(e.Note, "已按告知补齐。")}
		return d.applicant, c
	case "lapse_correction":
		c.Refusal = refusal(e)
	case "refuse":
		if c.Refusal = refusal(e); d.filing.State == registry.AwaitingSecondReview {
			role = sample.RoleReviewer
		}
	case "return_to_review", "pass_second_review":
		role = sample.RoleReviewer
	case "register":
		role = sample.RoleHead
	case "cancel":
		if role, c.Ground = sample.RoleHead, "rescinded"; strings.Contains(e.Note, "停建") {
			c.Ground = "terminated"
		}
	case "request_change", "open_reconsideration":
		return d.applicant, c
	case "open_re_recognition":
		return l.tax, c
	}
	return l.desk(d, role, e.Actor), c
}

// revoke announces it, lets the applicant answer, and decides.
func (l *loader) revoke(ctx context.Context, d *contractRun, e sample.Event) error {
	for _, step := range []struct {
		who actor.Actor
		c   registry.Command
	}{
		{l.supervisor(d), registry.Command{Event: registry.EventAnnounceRevocation, Ground: "fraud", Text: e.Note}},
		{d.applicant, registry.Command{Event: registry.EventState, Text: "对告知的事实没有异议。"}},
		{l.region, registry.Command{Event: registry.EventRevoke, Text: "申请人没有异议，决定撤销。"}},
	} {
		step.c.Number = d.number
		if err := l.do(ctx, d, step.who, step.c); err != nil {
			return err
		}
	}
	return nil
}

// experts carries a panel's decision out: the head names as many experts as the rule asks for, and each gives an opinion.
func (l *loader) experts(ctx context.Context, d *contractRun, e sample.Event) error {
	panel := []actor.Actor{l.desk(d, sample.RoleExpert, e.Actor)}
	for _, p := range l.market.People {
		if a := l.actors[p.Key]; p.Role == sample.RoleExpert && a.AccountID != panel[0].AccountID && len(panel) == 1 {
			panel = append(panel, a)
		}
	}
	assign := registry.Command{Filing: d.filing.ID, Event: registry.EventAssignExperts}
	for _, a := range panel {
		assign.Experts = append(assign.Experts, a.AccountID)
	}
	if err := l.do(ctx, d, l.desk(d, sample.RoleHead, l.actorOf(d.c, "register")), assign); err != nil {
		return err
	}
	for _, a := range panel {
		minutes, err := l.paper(ctx, a, contract.Minutes)
		if err != nil {
			return err
		}
		opinion := registry.Command{Filing: d.filing.ID, Event: registry.EventPassExperts, Text: e.Note, Minutes: minutes}
		if err := l.do(ctx, d, a, opinion); err != nil {
			return err
		}
	}
	return nil
}

// lapsedWith is the reason a contract will be refused with after its correction, empty where it will be mended.
func lapsedWith(c sample.Contract) string {
	for _, e := range c.Events {
		if e.Event == "lapse_correction" {
			return e.Code
		}
	}
	return ""
}

// do carries one command out and keeps what it left behind.
func (l *loader) do(ctx context.Context, d *contractRun, who actor.Actor, c registry.Command) error {
	out, err := l.Registry.Do(ctx, who, c)
	if err != nil {
		return err
	}
	if out.Filing.ID != 0 {
		d.filing, d.state = out.Filing, string(out.Filing.State)
	}
	if r := out.Registration; r.Number != "" {
		d.number, d.state = r.Number, string(r.State)
	}
	return nil
}

// firstReview fills the sheet as the plan decides each row and passes. Where the rules themselves refuse a case that the
// plan refuses later, the case waits in review for its refusal.
func (l *loader) firstReview(ctx context.Context, d *contractRun, e sample.Event) error {
	registrar := l.desk(d, sample.RoleRegistrar, e.Actor)
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
	if err := l.do(ctx, d, registrar, registry.Command{Filing: d.filing.ID, Event: registry.EventSaveReview, Review: sheet}); err != nil {
		return err
	}
	err := l.do(ctx, d, registrar, registry.Command{Filing: d.filing.ID, Event: registry.EventPassFirstReview})
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

// Count tells what became of the plan: every contract must stand where it says.
func (l *loader) count(context.Context) error {
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
