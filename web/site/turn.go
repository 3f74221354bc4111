package site

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/publish/policy"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// turn is one thing that waits for a person.
type turn struct {
	answer bool      // somebody waits for a word; else it is a step of the person's own work
	due    time.Time // zero: no day holds
	left   string    // what remains, in the words of the list where it stands; "": days
	since  time.Time
	row    view.Turn
}

// waiting is everything that waits for one person.
type waiting struct {
	turns []turn
	more  int    // that are not listed
	all   string // the list with all of those

	// What was asked for on the way, for the rest of the page.
	queued, diagnoses, reviews int
	asked                      []askedOf
}

// askedOf are own listings of a kind that wait for the owner's "still true".
type askedOf struct {
	kind  listing.Descriptor
	items []listing.Listing
	more  bool // there are more than these
}

// listed is how many of one source and of one group are listed.
const listedTurns = 5

func (w *waiting) add(t turn) { w.turns = append(w.turns, t) }

// rest notes that a source has more than it listed.
func (w *waiting) rest(all, shown int, at string) {
	if all > shown {
		w.more, w.all = w.more+all-shown, at
	}
}

func (w waiting) heading() string {
	if len(w.turns)+w.more == 0 {
		return "现在没有轮到您的事"
	}
	return fmt.Sprintf("轮到我 %d 件", len(w.turns)+w.more)
}

// component sorts what waits into its groups: what ends today or is over, who waits for an answer, and the rest; each by its day,
// what has none last, then by how long it waits.
func (w waiting) component(now time.Time) view.Component {
	if len(w.turns) == 0 {
		return view.Empty{Icon: "circle-check", Title: "现在没有轮到您的事", Text: "有人等您答复、有事到期或需要您办理时，会列在这里。"}
	}
	groups := view.Turns{{Title: "今天到期", Note: "今天不办就会超期或失效", Due: true}, {Title: "等我答复", Note: "对方在等一句话"}, {Title: "等我办理"}}
	slices.SortStableFunc(w.turns, func(a, b turn) int {
		return cmp.Or(cmp.Compare(day(a.due), day(b.due)), cmp.Compare(day(a.since), day(b.since)), a.since.Compare(b.since))
	})
	today, over := clock.Day(now), false
	for _, t := range w.turns {
		at := 2
		switch {
		case !t.due.IsZero() && clock.Day(t.due) <= today:
			at = 0
		case t.answer:
			at = 1
		}
		row := t.row
		row.When, row.WhenNote, row.Over = dueWords(now, t.due)
		if t.left != "" {
			row.WhenNote = t.left
		}
		over = over || at == 0 && row.Over
		if !t.since.IsZero() {
			row.Since, row.Waited = clock.Local(t.since).Format("1 月 2 日")+"起", waitedWords(now, t.since)
		}
		if at != 0 {
			row.Action.Kind = view.Quiet
		}
		row.Action.Small = true
		groups[at].Items = append(groups[at].Items, row)
	}
	if over {
		groups[0].Title, groups[0].Note = "超期和今天到期", "请先办超期的"
	}
	for i := range groups {
		groups[i].Many = fmt.Sprintf("%d 件", len(groups[i].Items))
	}
	if w.more > 0 {
		last := &groups[2]
		for i := 1; i >= 0 && len(last.Items) == 0; i-- {
			last = &groups[i]
		}
		last.Many, last.More = fmt.Sprintf("%d 件", len(last.Items)+w.more), &view.Link{Label: fmt.Sprintf("还有 %d 件，看全部", w.more), Href: w.all}
	}
	return groups
}

// day orders what has a day before what has none.
func day(t time.Time) string {
	if t.IsZero() {
		return "9999"
	}
	return clock.Day(t)
}

func dueWords(now, due time.Time) (when, note string, over bool) {
	if due.IsZero() {
		return "不限期", "", false
	}
	days := clock.Days(now, due)
	when = clock.Local(due).Format("1 月 2 日")
	switch {
	case days < 0:
		return when, fmt.Sprintf("已过 %d 天", -days), true
	case days == 0:
		return "今天", "", false
	}
	return when, fmt.Sprintf("还剩 %d 天", days), false
}

func waitedWords(now, since time.Time) string {
	if days := clock.Days(since, now); days > 0 {
		return fmt.Sprintf("已等 %d 天", days)
	}
	return "今天"
}

// turns collects what waits for the person, by role.
func (p *Pages) turns(c *web.Ctx) (waiting, error) {
	var w waiting
	for _, part := range []func(*web.Ctx, *waiting) error{
		p.talkTurns, p.mandateTurns, p.brokerTurns, p.tradeTurns,
		p.listingTurns, p.registryTurns, p.registrationTurns, p.diagnosisTurns, p.serviceTurns, p.eventTurns, p.officerTurns,
	} {
		if err := part(c, &w); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (p *Pages) talkTurns(c *web.Ctx, w *waiting) error {
	list, err := p.Deals.Awaiting(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	var ids []int64
	for _, d := range list {
		ids = append(ids, d.SupplyOrg, d.DemandOrg)
	}
	orgs, err := p.Identity.Organisations(c.Context(), ids)
	if err != nil {
		return err
	}
	for i, d := range list {
		if i == 2*listedTurns {
			break
		}
		other := orgs[d.SupplyOrg].Name
		if c.Actor().In(d.SupplyOrg) {
			other = orgs[d.DemandOrg].Name
		}
		row := view.Turn{Kind: "意向", Title: d.Subject, Href: fmt.Sprintf("/deals/%d", d.ID), Said: other + "想与您对接", Sample: d.Sample,
			Action: view.Action{Label: "答复", Href: fmt.Sprintf("/deals/%d", d.ID), Said: "《" + d.Subject + "》"}}
		if d.Terms > 0 {
			row.Kind, row.Said, row.Action.Label = "条款", fmt.Sprintf("%s提出第 %d 版条款", other, d.Terms), "看条款"
		}
		w.add(turn{answer: true, since: d.Since, row: row})
	}
	w.rest(len(list), 2*listedTurns, "/deals?state="+string(deal.Interested))
	return nil
}

func (p *Pages) mandateTurns(c *web.Ctx, w *waiting) error {
	if !web.Members().Allows(c.Actor()) {
		return nil
	}
	list, err := p.Brokers.Mandates(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.State == broker.MandateAsked && c.Actor().In(m.ClientOrg) {
			w.add(turn{answer: true, since: m.AskedAt, row: view.Turn{Kind: "委托", Title: "技术经纪人请求本单位的委托", Href: "/mandates", Said: m.Note,
				Sample: m.Sample, Action: view.Action{Label: "答复", Href: "/mandates"}}})
		}
	}
	return nil
}

// brokerTurns are introductions to follow up today and contracts of introduced organisations to check.
func (p *Pages) brokerTurns(c *web.Ctx, w *waiting) error {
	if !web.Brokers().Allows(c.Actor()) {
		return nil
	}
	board, err := p.Brokers.Board(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	today, tasks := clock.Day(c.Now()), 0
	for _, card := range board {
		row := view.Turn{Kind: "跟进", Title: card.Deal.Subject, Href: fmt.Sprintf("/deals/%d", card.Deal.ID), Sample: card.Deal.Sample,
			Said: fmt.Sprintf("%d 天没有进展", card.StillDays), Action: view.Action{Label: "去跟进", Said: "《" + card.Deal.Subject + "》"}}
		switch {
		case card.CheckedOn != "":
			row.Kind, row.Said, row.Action.Label = "核对", "您引荐的双方另有已登记的合同，没有写明您", "去核对"
			row.Href = "/desk/broker"
		case !card.Due(today):
			continue
		}
		row.Action.Href = row.Href
		if tasks++; tasks <= listedTurns {
			w.add(turn{since: card.MovedAt, row: row})
		}
	}
	w.rest(tasks, min(tasks, listedTurns), "/desk/broker")
	return nil
}

// listingTurns are what the editor sent back, and what the clock asks to confirm.
func (p *Pages) listingTurns(c *web.Ctx, w *waiting) error {
	if !web.Members().Allows(c.Actor()) {
		return nil
	}
	for _, k := range p.Listings.Kinds().All() {
		back, next, err := p.Listings.Own(c.Context(), c.Actor(), k.Kind,
			listing.Filter{States: []listing.State{listing.Returned}, Limit: listedTurns})
		if err != nil {
			return err
		}
		for _, l := range back {
			w.add(turn{since: l.UpdatedAt, row: view.Turn{Kind: "退回", Title: cmp.Or(l.Title, "未命名的"+k.Label), Href: k.DeskPath(l.ID),
				Sample: l.Sample, Said: "审核意见：" + ui.Clip(l.ReturnReason, 60),
				Action: view.Action{Label: "去修改", Href: k.DeskPath(l.ID) + "/edit", Said: "《" + l.Title + "》"}}})
		}
		if next != "" {
			w.rest(len(back)+1, len(back), k.OwnPath()+"?state="+string(listing.Returned))
		}
		asked, next, err := p.Listings.Own(c.Context(), c.Actor(), k.Kind, listing.Filter{Asked: true, Limit: 100})
		if err != nil {
			return err
		}
		w.asked = append(w.asked, askedOf{k, asked, next != ""})
		if n := len(asked); n > 0 {
			many := map[bool]string{true: "多"}[next != ""]
			first := slices.MinFunc(asked, func(a, b listing.Listing) int { return a.RemindedAt.Compare(*b.RemindedAt) })
			w.add(turn{since: *first.RemindedAt, row: view.Turn{Kind: "有效", Title: fmt.Sprintf("%d %s项%s还有效吗", n, many, k.Label),
				Href: "#asked-" + k.Path, Sample: first.Sample, Said: "久未确认；一直不确认会降低排序，之后归档",
				Action: view.Action{Label: "确认", Href: "#asked-" + k.Path, Said: k.Label}}})
		}
	}
	return nil
}

// registryTurns are filings at a step that the person takes: of the own unit, or of the desk.
func (p *Pages) registryTurns(c *web.Ctx, w *waiting) error {
	who := c.Actor()
	if !who.Staff() && !web.Members().Allows(who) && !who.Has(actor.Expert) {
		return nil
	}
	verbs := map[registry.State]string{registry.AwaitingAcceptance: "受理", registry.InReview: "审查", registry.AwaitingSecondReview: "复核",
		registry.AwaitingExperts: "评议", registry.AwaitingRegistration: "登记", registry.Correcting: "补正"}
	filter := registry.QueueFilter{Limit: 2 * listedTurns, States: registry.DeskSteps(who), Turn: true,
		Lapsed: who.Has(actor.Registrar)}
	member := web.Members().Allows(who)
	if member {
		filter.States = append(filter.States, registry.Correcting)
	}
	page, err := p.Registry.Queue(c.Context(), who, filter)
	if err != nil {
		return err
	}
	w.queued = page.Waiting(who)
	for _, r := range page.Rows {
		at := fmt.Sprintf("/filings/%d", r.ID)
		verb := verbs[r.State]
		if r.State == registry.Correcting && !member {
			verb = "办结" // the term of the correction is over
		}
		w.add(turn{due: r.Due.On, left: r.Due.Rest(), since: r.SubmittedAt, row: view.Turn{Kind: verb,
			Title: r.Title, Href: at, Sample: r.Sample, Said: r.SellerName + " → " + r.BuyerName,
			Action: view.Action{Label: "去" + verb, Href: at, Said: "《" + r.Title + "》"}}})
	}
	all := w.queued - page.Cancels // those are registrations
	if !who.Has(actor.PointHead) {
		all = w.queued
	}
	if member {
		all += page.Counts[registry.Correcting]
	}
	at := "/registry"
	if !who.Staff() {
		at = "/contracts"
	}
	w.rest(all, len(page.Rows), at)
	return nil
}

func (p *Pages) diagnosisTurns(c *web.Ctx, w *waiting) error {
	if !c.Actor().Has(actor.Broker) {
		return nil
	}
	asked, err := p.Listings.Diagnoses(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for _, d := range asked {
		if d.AnsweredAt == nil {
			w.diagnoses++
			at := listing.DiagnosisPath(d.ID)
			w.add(turn{answer: true, since: d.AskedAt, row: view.Turn{Kind: "诊断", Title: d.Title, Href: at, Sample: d.Sample,
				Said: "审核请您看看缺什么、怎样写才好找到人", Action: view.Action{Label: "写意见", Href: at, Said: "《" + d.Title + "》"}}})
		}
	}
	return nil
}

// officerTurns are what waits for a league or the region: listings, questions, units.
func (p *Pages) officerTurns(c *web.Ctx, w *waiting) error {
	who := c.Actor()
	if !who.Officer() {
		return nil
	}
	queue, err := p.Listings.ReviewQueue(c.Context(), who, listing.QueueFilter{Limit: listedTurns})
	if err != nil {
		return err
	}
	for _, l := range queue.Listings {
		t := turn{row: view.Turn{Kind: "审核", Title: l.Title, Href: listing.ReviewPath(l.ID), Sample: l.Sample,
			Said:   p.Listings.Kinds().Of(l.Kind).Label + "，" + words.ListingState(l.State),
			Action: view.Action{Label: "去审核", Href: listing.ReviewPath(l.ID), Said: "《" + l.Title + "》"}}}
		if l.SubmittedAt != nil {
			t.since = *l.SubmittedAt
		}
		w.add(t)
	}
	if w.reviews, err = p.Listings.ReviewCount(c.Context(), who); err != nil {
		return err
	}
	w.rest(w.reviews, len(queue.Listings), "/review")
	questions, err := p.Policies.Questions(c.Context(), who)
	if err != nil {
		return err
	}
	for _, q := range questions {
		if at := fmt.Sprintf("/questions/%d", q.ID); q.State == policy.Asked {
			w.add(turn{answer: true, due: q.DueOn, since: q.AskedAt, row: view.Turn{Kind: "咨询", Title: ui.Clip(q.Question, 60), Href: at,
				Said: "政策咨询", Sample: q.Sample, Action: view.Action{Label: "答复", Href: at}}})
		}
	}
	if !who.Has(actor.RegionOfficer) {
		return nil
	}
	units, err := p.Identity.FindOrganisations(c.Context(), who, identity.OrganisationFilter{State: actor.Pending, Limit: listedTurns + 1})
	if err != nil {
		return err
	}
	for i, o := range units {
		if i == listedTurns {
			w.rest(1, 0, "/organisations?state="+actor.Pending)
			break
		}
		at := fmt.Sprintf("/organisations/%d", o.ID)
		w.add(turn{since: o.CreatedAt, row: view.Turn{Kind: "确认", Title: o.Name, Href: at, Said: "新注册的单位，等您确认", Sample: o.Sample,
			Action: view.Action{Label: "去确认", Href: at, Said: o.Name}}})
	}
	return nil
}
