package demo

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
)

// planListings puts the life of every listing into the history.
func (l *loader) planListings() {
	for i, a := range l.market.Achievements {
		l.planListing(lifeOf{kind: "成果", key: a.Key, state: a.State, reason: a.Reason, owner: a.Lister, created: a.CreatedAt,
			published: a.PublishedAt, index: i},
			func(ctx context.Context, who actor.Actor) (listing.Listing, error) {
				it, err := l.Achievements.Create(ctx, who, l.achievement(a))
				return it.Listing, err
			})
	}
	for i, d := range l.market.Demands {
		l.planListing(lifeOf{kind: "需求", key: d.Key, state: d.State, reason: d.Reason, owner: d.Poster, created: d.CreatedAt,
			published: d.PublishedAt, index: i, triage: "publish"},
			func(ctx context.Context, who actor.Actor) (listing.Listing, error) {
				it, err := l.Demands.Create(ctx, who, l.demand(d))
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

func (l *loader) planListing(f lifeOf, create func(context.Context, actor.Actor) (listing.Listing, error)) {
	owner := l.actors[f.owner]
	broken := false
	step := func(at time.Time, who actor.Actor, c listing.Command) {
		l.then(at, func(ctx context.Context) error {
			if broken {
				return nil
			}
			c.ID, c.Version = l.listings[f.key].ID, l.listings[f.key].Version
			do := func() (listing.Listing, error) { return l.Services.Listings.Do(ctx, who, c) }
			if c.Event == listing.EventExpire {
				do = func() (listing.Listing, error) { return l.Services.Listings.DoAsSystem(ctx, c) }
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
		step(published.Add((l.end.Sub(published) / 4 * 3).Truncate(time.Minute)), owner,
			listing.Command{Event: listing.EventWithdraw, Reason: f.reason})
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
func (l *loader) editor(owner actor.Actor) actor.Actor {
	for _, p := range l.market.People {
		if a := l.actors[p.Key]; p.Role == sample.RoleLeague && a.Covers(owner.Division) {
			return a
		}
	}
	return l.region
}

var wayNames = map[string]string{sample.WayTrial: "trial"}

func Ways(in []string) []string {
	out := make([]string, len(in))
	for i, w := range in {
		out[i] = cmp.Or(wayNames[w], w)
	}
	return out
}

func (l *loader) achievement(a sample.Achievement) achievement.Content {
	owner := l.organisations[a.Owner]
	c := achievement.Content{Title: a.Title, Summary: lead(a.Figures, 120), Problem: a.Problem,
		Description: listing.Paragraphs(a.Method, a.Figures, a.Evidence),
		Maturity:    achievement.Maturity{Level: a.Maturity, Basis: achievement.BasisSelf}, Field: a.Field, Topics: []string{a.Topic},
		Industry: IndustryLetter(a.Industry),
		Keywords: a.Keywords, Cooperation: Ways(a.Ways), Price: RangeOf(a.PriceLow, a.PriceHigh), Division: a.Division,
		Contact: listing.Contact{Name: owner.Profile.Contact, Phone: owner.Profile.Phone, Email: owner.Profile.Email}}
	if len(a.Team) > 0 {
		c.Team = achievement.Team{Lead: a.Team[0], Members: a.Team[1:]}
	}
	for _, ip := range a.IP {
		item := achievement.IP{Kind: ip.Kind, Number: ip.Number, Title: ip.Title,
			Status: map[string]string{"pending": "pending", "granted": "valid", "lapsed": "expired"}[ip.Status]}
		if !ip.Until.IsZero() {
			item.Expires = ip.Until.Format(time.DateOnly)
		}
		c.IP = append(c.IP, item)
	}
	return c
}

func (l *loader) demand(d sample.Demand) demand.Content {
	owner := l.organisations[d.Owner]
	c := demand.Content{Title: d.Title, Problem: d.Present, Limits: d.Limits, Tried: d.Tried, Budget: RangeOf(0, d.Budget),
		Deadline:      d.Deadline.Format(time.DateOnly),
		DecisionOwner: d.Decider, Cooperation: Ways(d.Ways), MaturityMin: d.MinMaturity, Field: d.Field, Topics: []string{d.Topic},
		Industry: IndustryLetter(d.Industry),
		Keywords: d.Keywords, Division: d.Division, Challenge: d.Challenge, Anonymous: d.Anonymous,
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

// RangeOf is a price or budget; nothing said is 面议.
func RangeOf(low, high money.Fen) listing.Range {
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
