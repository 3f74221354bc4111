package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/view"
)

// MayDeal tells whether 发起对接 is offered: a guest is asked to sign in, the desks have no part in deals.
func MayDeal(a actor.Actor) bool {
	return !a.SignedIn() || web.Traders().Allows(a)
}

// OrgIDs are the organisations behind listings.
func OrgIDs[C listing.Content[C]](items []listing.Item[C]) []int64 {
	var ids []int64
	for _, it := range items {
		ids = append(ids, it.OrganisationID)
	}
	return ids
}

// UnitPath is the page of an organisation; "" for one that is not disclosed.
func UnitPath(o identity.Organisation) string {
	if o.ID == actor.Undisclosed {
		return ""
	}
	return fmt.Sprintf("/units/%d", o.ID)
}

// Shown is the content that the public sees, or the draft before the first publication.
func Shown[C listing.Content[C]](it listing.Item[C]) C {
	if it.Published != nil {
		return *it.Published
	}
	return it.Content
}

// AchievementRow is an achievement in a list.
func AchievementRow(c *web.Ctx, it achievement.Item, org identity.Organisation) view.Row {
	k := Shown(it)
	row := view.Row{
		Title:     view.T(k.Title),
		Href:      achievement.PagePath(it.ID),
		Lead:      view.T(FirstOf(k.Summary, Clip(k.Description, 90))),
		Sample:    it.Sample,
		Meta:      []string{org.Name, Place(k.Division, it.Division)},
		ShowTRL:   k.Maturity.Level > 0,
		TRL:       k.Maturity.Level,
		Right:     k.Price.String(),
		RightNote: Cooperation(k.Cooperation),
		Thumb:     thumbOf(k.Field, k.Files),
		Gain:      GainOf(c, k),
	}
	AddListingTags(c, &row, it.Listing, k.Field, k.Topics)
	return row
}

// DemandRow is a need in a list.
func DemandRow(c *web.Ctx, it demand.Item, org identity.Organisation) view.Row {
	k := Shown(it)
	row := view.Row{Title: view.T(k.Title), Href: demand.PagePath(it.ID), Lead: view.T(Clip(k.Problem, 90)), Sample: it.Sample,
		Meta: []string{org.Name, Place(k.Division, it.Division)}, Right: k.Budget.String(), RightNote: DeadlineWords(c, k.Deadline)}
	row.Thumb, row.Gain = thumbOf(k.Field, k.Files), targetOf(k)
	if k.Challenge {
		row.Tags = append(row.Tags, view.Tag{Label: "揭榜挂帅", Tone: view.Warn})
	}
	AddListingTags(c, &row, it.Listing, k.Field, k.Topics)
	return row
}

// AddListingTags adds what a list says of every listing: its direction, and how fresh it is.
func AddListingTags(c *web.Ctx, row *view.Row, l listing.Listing, field string, topics []string) {
	if len(topics) > 0 {
		row.Tags = append(row.Tags, view.Tag{Label: codes.TopicLabel(topics[0]), Tone: view.Info})
	} else if field != "" {
		row.Tags = append(row.Tags, view.Tag{Label: codes.Field.Label(field), Tone: view.Info})
	}
	switch {
	case l.Origin == listing.OriginImport:
		row.Tags = append(row.Tags, view.Tag{Label: "导入"})
	case l.Sleeping():
		row.Tags = append(row.Tags, view.Tag{Label: "久未确认", Tone: view.Warn})
	case l.ConfirmedAt != nil:
		row.Fresh = c.T("%s确认有效", view.Ago(c.Now(), *l.ConfirmedAt))
	}
}

// Place is the full name of a division, or of the one to fall back on.
func Place(division, fallback string) string {
	if division == "" {
		division = fallback
	}
	return region.FullName(division)
}

// Cooperation names up to three ways of working together.
func Cooperation(ways []string) string {
	labels := make([]string, 0, 3)
	for _, w := range ways {
		if len(labels) == 3 {
			labels = append(labels, "等")
			break
		}
		labels = append(labels, codes.Cooperation.Label(w))
	}
	return strings.Join(labels, " · ")
}

// DeadlineWords says how long a need is open: until midnight after its last day.
func DeadlineWords(c *web.Ctx, day string) string { return deadlineWords(c.T, c.Now(), day) }

func deadlineWords(say func(string, ...any) string, now time.Time, day string) string {
	if day == "" {
		return ""
	}
	last, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	switch left := clock.Days(now, last); {
	case left < 0:
		return "已过期限"
	case left == 0:
		return "今天截止"
	case left <= 60:
		return say("剩 %d 天", left)
	default:
		return say("%s 截止", day)
	}
}

// TriageTable shows how the editors judged the demands of the last year.
func TriageTable(c *web.Ctx, listings *listing.Service, sample bool) (Block, error) {
	shares, err := listings.TriageShares(c.Context(), c.Now().AddDate(-1, 0, 0), sample)
	if err != nil {
		return Block{}, err
	}
	total := 0
	for _, n := range shares {
		total += n
	}
	var judged []listing.Choice
	if total > 0 {
		judged = append(slices.Clone(listings.Kinds().Of(demand.Kind).Triages), listing.Choice{Code: "", Label: "没有判断"})
	}
	t := Columns[listing.Choice]{
		TextColumn("判断", func(k listing.Choice) string { return k.Label }),
		CountColumn("需求", func(k listing.Choice) int { return shares[k.Code] }),
		FigureColumn("占比", func(k listing.Choice) string { return ShareOf(shares[k.Code], total) }),
	}.Table("需求判断", judged)
	t.Empty = view.Empty{Title: "近一年没有审核过的需求"}
	return Block{Title: "需求审核的判断", Intro: "近一年提交并经审核的需求，按最后一次判断。江苏的做法约为 60%、25%、15%（资料未经核实）。", Parts: view.Parts{t}}, nil
}
