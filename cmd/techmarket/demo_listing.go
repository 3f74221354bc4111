package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/cmd/techmarket/sample"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/broker"
)

var demoOrgKinds = map[string]actor.OrgKind{sample.OrgUniversity: actor.University, sample.OrgInstitute: actor.Institute,
	sample.OrgCompany: actor.Enterprise, sample.OrgAgency: actor.Agency, sample.OrgHost: actor.PointHost, sample.OrgGovernment: actor.Government}

var demoRoles = map[string][]actor.Role{sample.RoleMember: {actor.Member}, sample.RoleOrgAdmin: {actor.OrgAdmin, actor.Member},
	sample.RoleBroker: {actor.Broker}, sample.RoleRegistrar: {actor.Registrar}, sample.RoleReviewer: {actor.Reviewer},
	sample.RoleHead: {actor.PointHead}, sample.RoleExpert: {actor.Expert}, sample.RoleLeague: {actor.LeagueOfficer},
	sample.RoleRegion: {actor.RegionOfficer}, sample.RoleAdministrator: {actor.SystemAdmin}}

// taxOffice asks for the re-recognition of registrations; the generator knows it only as a body outside the market.
const taxOffice = "tax-office"

// settle makes organisations, people, points and brokers' profiles: what stands before the first deal.
func (l *demoLoader) settle(ctx context.Context) error {
	l.clock = l.end
	for _, o := range l.market.Organisations {
		if o.CreatedAt.Before(l.clock) {
			l.clock = o.CreatedAt
		}
	}
	begun := l.clock
	if err := l.provision(ctx); err != nil {
		return err
	}
	for i, p := range l.market.Points {
		if err := l.point(ctx, p, begun); err != nil {
			return fmt.Errorf("point %s: %w", p.Name, err)
		}
		l.progress.at("登记点", i+1, len(l.market.Points), "")
	}
	for _, p := range l.market.People {
		if p.Role != sample.RoleBroker {
			continue
		}
		l.then(p.CreatedAt, func(ctx context.Context) error {
			if err := l.broker(ctx, p); err != nil {
				return fmt.Errorf("broker %s: %w", p.Login, err)
			}
			return nil
		})
	}
	return nil
}

// provision makes the organisations with their people in one transaction. Experts belong to the region's department,
// which is where the desk looks for them.
func (l *demoLoader) provision(ctx context.Context) error {
	people := map[string][]sample.Person{} // by organisation
	contact := map[string]sample.Person{}
	department := ""
	for _, o := range l.market.Organisations {
		if o.Kind == sample.OrgGovernment && o.Division == "150000" {
			department = o.Key
		}
	}
	for _, p := range l.market.People {
		org := p.Org
		if p.Role == sample.RoleExpert {
			org = department
		}
		people[org] = append(people[org], p)
		contact[p.Key] = p
	}
	orgs := append([]sample.Organisation{}, l.market.Organisations...)
	orgs = append(orgs, sample.Organisation{Key: taxOffice, Name: "样例自治区税务局", Kind: sample.OrgGovernment, Division: "150000", Address: "呼和浩特市样例政务路3号",
		Intro: "样例主管部门，查看登记，提请重新认定。"})
	people[taxOffice] = []sample.Person{{Key: taxOffice, Name: "税务专员（样例）", Login: "sample-tax", Mail: "sample-tax@example.com", Role: taxOffice}}
	var in []identity.ProvisionOrganisation
	for _, o := range orgs {
		c := contact[o.Contact]
		po := identity.ProvisionOrganisation{Organisation: identity.Organisation{Kind: demoOrgKinds[o.Kind], Name: o.Name, CreditCode: o.CreditCode, Division: o.Division,
			State: actor.Confirmed, Sample: true, Profile: identity.OrgProfile{Address: o.Address, LegalRepresentative: o.Legal, Contact: c.Name,
				Phone: cmp.Or(o.Phone, c.Phone), Email: c.Mail, Nature: o.Nature, Industry: industryLetter(o.Industry), Introduction: o.Intro}}}
		for _, p := range people[o.Key] {
			roles := demoRoles[p.Role]
			if p.Key == taxOffice {
				roles = []actor.Role{actor.TaxReader}
			}
			po.People = append(po.People, identity.ProvisionPerson{Roles: roles,
				Person: identity.NewPerson{LoginName: p.Login, DisplayName: p.Name, Email: p.Mail, Phone: p.Phone, Password: sample.Password}})
		}
		in = append(in, po)
	}
	made, err := l.services.identity.Provision(ctx, in)
	if err != nil {
		return err
	}
	for i, o := range orgs {
		org := in[i].Organisation
		org.ID = made[i].OrgID
		l.organisations[o.Key] = org
		for k, p := range people[o.Key] {
			a := actor.Actor{AccountID: made[i].AccountIDs[k], OrgID: org.ID, Name: p.Name, OrgName: org.Name, OrgKind: org.Kind, OrgState: org.State,
				Division: org.Division, Roles: in[i].People[k].Roles, Sample: true}
			l.actors[p.Key] = a
			switch p.Role {
			case sample.RoleRegion:
				l.region = a
			case taxOffice:
				l.tax = a
			}
			l.counts["人员"]++
		}
		l.counts["单位"]++
	}
	l.progress.at("单位和人员", len(orgs), len(orgs), "")
	return nil
}

// industryLetter is the 门类 of a 大类 code.
func industryLetter(code string) string {
	if code == "" {
		return ""
	}
	return code[:1]
}

func (l *demoLoader) point(ctx context.Context, p sample.Point, begun time.Time) error {
	in := registry.PointInput{Name: p.Name, Kind: registry.PointKind(p.HostKind), OrganisationID: l.organisations[p.Host].ID, Division: p.Division, Code2: p.Code,
		Address: p.Address, Phone: p.Phone, Hours: p.Hours, AuthorisedFrom: begun.Format(time.DateOnly)}
	if in.Kind == registry.UniversityPoint || in.Kind == registry.InstitutePoint {
		in.ServesOrg = in.OrganisationID
	}
	made, err := l.registry.SavePoint(ctx, l.region, in)
	if err != nil {
		return err
	}
	l.points[p.Key] = made
	l.staff[made.ID] = map[string][]actor.Actor{}
	for _, person := range l.market.People {
		if person.Point == p.Key {
			l.staff[made.ID][person.Role] = append(l.staff[made.ID][person.Role], l.actors[person.Key])
		}
	}
	l.counts["登记点"]++
	if p.Status == "normal" {
		return nil
	}
	// The order to mend is recent: the point worked normally before.
	l.then(l.end.AddDate(0, 0, -20), func(ctx context.Context) error {
		_, err := l.registry.SetPointState(ctx, l.region, made.ID, made.Version, registry.PointState(p.Status), "样例：抽查发现两件登记的扣除理由不完整，限期整改。")
		return err
	})
	return nil
}

func (l *demoLoader) broker(ctx context.Context, p sample.Person) error {
	a := l.actors[p.Key]
	var fields []string
	for _, area := range p.Areas {
		for _, c := range l.market.Achievements {
			if strings.HasPrefix(c.Topic, area) {
				fields = append(fields, c.Field)
				break
			}
		}
	}
	if len(fields) == 0 {
		fields = []string{"06"}
	}
	profile := broker.Profile{Fields: fields, Divisions: []string{a.Division[:4] + "00"}, Introduction: "样例技术经纪人，熟悉本地企业需求，提供供需对接、合同起草和登记代办。",
		Level: map[string]string{"初级": "junior", "中级": "intermediate", "高级": "senior"}[p.Level]}
	if profile.Level != "" {
		profile.CertificateNo, profile.Issuer, profile.ValidFrom = "样例经纪"+strings.TrimPrefix(p.Login, "sample-"), "样例发证单位", p.CreatedAt.Format(time.DateOnly)
	}
	if _, err := l.brokers.Save(ctx, a, profile); err != nil {
		return err
	}
	l.counts["技术经纪人"]++
	return nil
}

// planListings puts the life of every listing into the history.
func (l *demoLoader) planListings() {
	for i, a := range l.market.Achievements {
		l.planListing(lifeOf{kind: "成果", key: a.Key, state: a.State, reason: a.Reason, owner: a.Lister, created: a.CreatedAt, published: a.PublishedAt, index: i},
			func(ctx context.Context, who actor.Actor) (listing.Listing, error) {
				it, err := l.achievements.Create(ctx, who, l.achievement(a))
				return it.Listing, err
			})
	}
	for i, d := range l.market.Demands {
		l.planListing(lifeOf{kind: "需求", key: d.Key, state: d.State, reason: d.Reason, owner: d.Poster, created: d.CreatedAt, published: d.PublishedAt, index: i, triage: "publish"},
			func(ctx context.Context, who actor.Actor) (listing.Listing, error) {
				it, err := l.demands.Create(ctx, who, l.demand(d))
				return it.Listing, err
			})
	}
}

type lifeOf struct {
	kind, key, state, reason, owner, triage string
	created, published                      time.Time
	index                                   int
}

// confirmEvery is how old the last word of an attentive owner may be: below the 90 days after which the clock asks.
const confirmEvery = 80 * 24 * time.Hour

// toSubmit is how long the owner of a sample listing writes.
const toSubmit = 50 * time.Minute

// publication is when a sample listing is published: as planned, but never before somebody can have reviewed it.
func publication(created, planned time.Time) time.Time {
	if submitted := created.Add(toSubmit); !planned.IsZero() && !planned.After(submitted) {
		return submitted.Add(time.Hour)
	}
	return planned
}

func (l *demoLoader) planListing(f lifeOf, create func(context.Context, actor.Actor) (listing.Listing, error)) {
	owner := l.actors[f.owner]
	broken := false
	step := func(at time.Time, who actor.Actor, c listing.Command) {
		l.then(at, func(ctx context.Context) error {
			if broken {
				return nil
			}
			c.ID, c.Version = l.listings[f.key].ID, l.listings[f.key].Version
			do := func() (listing.Listing, error) { return l.services.listings.Do(ctx, who, c) }
			if c.Event == listing.EventExpire {
				do = func() (listing.Listing, error) { return l.services.listings.DoAsSystem(ctx, c) }
			}
			done, err := do()
			if err != nil {
				broken = true
				return l.refused(f.key+" "+string(c.Event), err)
			}
			l.listings[f.key] = done
			return nil
		})
	}
	l.then(f.created, func(ctx context.Context) error {
		made, err := create(ctx, owner)
		if err != nil {
			broken = true
			return l.refused(f.key, err)
		}
		l.listings[f.key] = made
		l.counts[f.kind]++
		return nil
	})
	if f.state == sample.ListingDraft {
		return
	}
	submitted := f.created.Add(toSubmit)
	step(submitted, owner, listing.Command{Event: listing.EventSubmit})
	editor := l.editor(owner)
	switch f.state {
	case sample.ListingInReview:
		return
	case sample.ListingReturned:
		step(submitted.Add(26*time.Hour), editor, listing.Command{Event: listing.EventReturn, Reason: f.reason})
		return
	}
	published := publication(f.created, f.published)
	step(published, editor, listing.Command{Event: listing.EventPublish, Triage: f.triage})
	switch f.state {
	case sample.ListingWithdrawn:
		step(published.Add((l.end.Sub(published) / 4 * 3).Truncate(time.Minute)), owner, listing.Command{Event: listing.EventWithdraw, Reason: f.reason})
	case sample.ListingExpired:
		step(published.Add(listing.DefaultClock().Life+time.Minute), actor.Actor{}, listing.Command{Event: listing.EventExpire})
	default:
		// Most owners answer when asked; every ninth stays silent and meets the clock of the market.
		if age := l.end.Sub(published); age > confirmEvery && f.index%9 != 4 {
			step(l.end.Add(-time.Duration(f.index%70+3)*24*time.Hour), owner, listing.Command{Event: listing.EventConfirm})
		}
	}
}

// editor is who reviews the listings of an organisation: its league's officer, else the region's.
func (l *demoLoader) editor(owner actor.Actor) actor.Actor {
	for _, p := range l.market.People {
		if a := l.actors[p.Key]; p.Role == sample.RoleLeague && a.Covers(owner.Division) {
			return a
		}
	}
	return l.region
}

var demoWays = map[string]string{sample.WayTrial: "trial"}

func ways(in []string) []string {
	out := make([]string, len(in))
	for i, w := range in {
		out[i] = cmp.Or(demoWays[w], w)
	}
	return out
}

func (l *demoLoader) achievement(a sample.Achievement) achievement.Content {
	owner := l.organisations[a.Owner]
	c := achievement.Content{Title: a.Title, Summary: lead(a.Figures, 120), Problem: a.Problem, Description: listing.Paragraphs(a.Method, a.Figures, a.Evidence),
		Maturity: achievement.Maturity{Level: a.Maturity, Basis: achievement.BasisSelf}, Field: a.Field, Topics: []string{a.Topic}, Industry: industryLetter(a.Industry),
		Keywords: a.Keywords, Cooperation: ways(a.Ways), Price: demoRange(a.PriceLow, a.PriceHigh), Division: a.Division,
		Contact: listing.Contact{Name: owner.Profile.Contact, Phone: owner.Profile.Phone, Email: owner.Profile.Email}}
	if len(a.Team) > 0 {
		c.Team = achievement.Team{Lead: a.Team[0], Members: a.Team[1:]}
	}
	for _, ip := range a.IP {
		item := achievement.IP{Kind: ip.Kind, Number: ip.Number, Title: ip.Title, Status: map[string]string{"pending": "pending", "granted": "valid", "lapsed": "expired"}[ip.Status]}
		if !ip.Until.IsZero() {
			item.Expires = ip.Until.Format(time.DateOnly)
		}
		c.IP = append(c.IP, item)
	}
	return c
}

func (l *demoLoader) demand(d sample.Demand) demand.Content {
	owner := l.organisations[d.Owner]
	c := demand.Content{Title: d.Title, Problem: d.Present, Limits: d.Limits, Tried: d.Tried, Budget: demoRange(0, d.Budget), Deadline: d.Deadline.Format(time.DateOnly),
		DecisionOwner: d.Decider, Cooperation: ways(d.Ways), MaturityMin: d.MinMaturity, Field: d.Field, Topics: []string{d.Topic}, Industry: industryLetter(d.Industry),
		Keywords: d.Keywords, Division: d.Division, Challenge: d.Challenge,
		Contact: listing.Contact{Name: owner.Profile.Contact, Phone: owner.Profile.Phone, Email: owner.Profile.Email}}
	if utf8.RuneCountInString(c.Problem) < 20 { // the least an editor accepts
		c.Problem = c.Title + "。" + c.Problem
	}
	for _, t := range d.Targets {
		c.Targets = append(c.Targets, demand.Target{Name: t.Name, Present: t.Present, Target: t.Wanted})
	}
	if d.Challenge {
		c.Reward = "样例榜单：揭榜方达到全部指标并通过第三方测试后，按预算支付研发经费，成果归属由双方约定。评判由发榜单位组织专家现场考核。"
	}
	return c
}

// demoRange is a price or budget; nothing said is 面议.
func demoRange(low, high money.Fen) listing.Range {
	return listing.Range{MinFen: low, MaxFen: high, Negotiable: low == 0 && high == 0}
}

// lead is the beginning of a text that fits into a line: whole clauses up to most characters.
func lead(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	head := string([]rune(text)[:most-1])
	if i := strings.LastIndexAny(head, "；。，;,"); i > 0 {
		return head[:i] + "。"
	}
	return head + "…"
}
