// Package demand owns what a need (技术需求, 揭榜挂帅) says about itself: its content, what must be filled before an editor sees
// it, the quality gate that names the missing parts (docs/rules/listings.md §2), and how it enters the search index.
//
// It refuses workflow: drafts, review, publication and closing with a reason are listing's. Budget and deadline are facts of
// the posting and are never guessed.
package demand

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/search"
)

// Service lists demands; all methods are listing.Book's.
type Service struct{ *listing.Book[Content] }

// Item is one demand as one reader may see it.
type Item = listing.Item[Content]

// Kind is the kind of demands.
const Kind listing.Kind = "demand"

// Path is the part of addresses that names the kind.
const Path = "demands"

// PagePath is the public page of one listing.
func PagePath(id int64) string { return "/" + Path + "/" + strconv.FormatInt(id, 10) }

// New returns the service; Descriptor must be in the listing service's configuration.
func New(s *listing.Service) *Service { return &Service{listing.NewBook[Content](s, Kind)} }

// Triages are the editor's judgements of a demand (docs/rules/listings.md §3).
func Triages() []listing.Choice {
	return []listing.Choice{{Code: "publish", Label: "可以发布"}, {Code: "diagnose", Label: "需要再诊断"}, {Code: "long_term", Label: "长期跟踪"}}
}

// Descriptor declares demands. A need that found its solution is closed.
func Descriptor() listing.Descriptor {
	relevance, newest, soonest := facet.OrderBy(facet.ByRelevance), facet.OrderBy(facet.Newest), facet.OrderBy(facet.Soonest)
	budget := facet.OrderBy(facet.Cheapest).WithWords("order.budget")
	return listing.Declare[Content](listing.Descriptor{
		Kind: Kind, Label: "需求", Path: Path, Prefix: "d", Icon: "circle-help", Side: listing.SideDemand, Counterpart: "achievement",
		Authors: []actor.Role{actor.Member, actor.OrgAdmin}, Settled: true, Sheet: sheet(),
		Triages: Triages(),
		Narrowed: []facet.Question{
			{Facet: facet.Field, Words: "facet.field"},
			{Facet: facet.Topic, Words: "facet.topic"},
			{Facet: facet.League, Words: "facet.league"},
			{
				Facet: facet.County,
				Words: "facet.county",
			},
			{Facet: facet.Stage, Words: "facet.stage_wanted"},
			{Facet: facet.Cooperation, Words: "facet.cooperation"},
			{
				Facet: facet.PriceBand,
				Words: "facet.budget",
			},
			{Facet: facet.Industry, Words: "facet.industry"},
			{Facet: facet.Challenge, Words: "facet.challenge"},
		},
		Ordered: []facet.Order{relevance, newest, budget, soonest},
	})
}

// Content is everything a need says. Amounts in 分, dates as 2006-01-02, codes from foundation/codes.
type Content struct {
	Title         string               `json:"title"`
	Problem       string               `json:"problem,omitempty"`                // what is to be solved, exactly
	Targets       []Target             `json:"targets,omitempty"`                // measurable
	Limits        string               `json:"limits,omitempty"`                 // what a solution must keep to
	Tried         string               `json:"tried,omitempty"`                  // what was tried and why it failed
	Background    string               `json:"background,omitempty"`             // product, line, present state
	Goals         string               `json:"goals,omitempty"`                  // 考核指标 in words, beside or instead of Targets
	Ownership     string               `json:"ownership,omitempty"`              // 产权归属: whose the results are to be
	Solver        string               `json:"solver,omitempty"`                 // 揭榜方条件: who may solve it
	Partners      string               `json:"partners,omitempty"`               // 意向合作单位
	Benefit       string               `json:"benefit,omitempty"`                // 预期效益
	Talent        string               `json:"talent,omitempty"`                 // 所需人才
	Budget        listing.Range        `json:"budget,omitzero"`                  //
	Deadline      string               `json:"deadline,omitempty" format:"date"` // when a solution is needed
	DecisionOwner string               `json:"decisionOwner,omitempty"`          // who decides; position, not a private name
	Cooperation   []string             `json:"cooperation,omitempty"`            // codes.Cooperation
	MaturityMin   int                  `json:"maturityMin,omitempty"`            // codes.TRL; 0: any
	Field         string               `json:"field,omitempty"`                  // codes.Field
	Topics        []string             `json:"topics,omitempty"`
	Industry      string               `json:"industry,omitempty"` // GB/T 4754 门类
	Keywords      []string             `json:"keywords,omitempty"`
	Division      string               `json:"division,omitempty"`  // where it would be used
	Preferred     []string             `json:"preferred,omitempty"` // leagues or counties whose solutions are preferred
	Challenge     bool                 `json:"challenge,omitempty"` // 揭榜挂帅
	Reward        string               `json:"reward,omitempty"`    // of a challenge: what the winner gets and how it is judged
	Files         []listing.Attachment `json:"files,omitempty"`
	Anonymous     bool                 `json:"anonymous,omitempty"` // published without the organisation's name
	Contact       listing.Contact      `json:"contact,omitzero"`
}

// SchemaVersion is the form in which it is stored, see package stored. Form 2 added Goals, Ownership, Solver, Partners, Benefit and
// Talent, form 3 Anonymous: an older program would lose them on saving, so it must not read them; contents of older forms read as they are.
func (Content) SchemaVersion() int { return 3 }

// Target is one figure to reach.
type Target struct {
	Name    string `json:"name"`
	Present string `json:"present,omitempty"`
	Target  string `json:"target"`
	Unit    string `json:"unit,omitempty"`
}

func (c *Content) texts() []listing.Text {
	ts := []listing.Text{
		{Path: "title", Label: "需求名称", Value: &c.Title, Max: 80, Min: 4},
		{Path: "problem", Label: "要解决的问题", Value: &c.Problem, Max: 20000, Min: 1, Long: true},
		{Path: "limits", Label: "限制条件", Value: &c.Limits, Max: 2000, Long: true},
		{Path: "tried", Label: "已做过的尝试", Value: &c.Tried, Max: 2000, Long: true},
		{Path: "background", Label: "背景和现有基础", Value: &c.Background, Max: 5000, Long: true},
		{Path: "goals", Label: "考核指标", Value: &c.Goals, Max: 5000, Long: true},
		{Path: "ownership", Label: "产权归属", Value: &c.Ownership, Max: 1000, Long: true},
		{Path: "solver", Label: "揭榜方条件", Value: &c.Solver, Max: 2000, Long: true},
		{Path: "partners", Label: "意向合作单位", Value: &c.Partners, Max: 1000, Long: true},
		{Path: "benefit", Label: "预期效益", Value: &c.Benefit, Max: 2000, Long: true},
		{Path: "talent", Label: "所需人才", Value: &c.Talent, Max: 1000, Long: true},
		{Path: "decisionOwner", Label: "决策人", Value: &c.DecisionOwner, Max: 50},
		{Path: "reward", Label: "揭榜奖励和评判办法", Value: &c.Reward, Max: 1000, Long: true},
	}
	for i := range c.Targets {
		t, p := &c.Targets[i], "targets."+strconv.Itoa(i)
		ts = append(ts,
			listing.Text{Path: p + ".name", Label: "指标名称", Value: &t.Name, Max: 50, Min: 1},
			listing.Text{Path: p + ".present", Label: "现值", Value: &t.Present, Max: 100},
			listing.Text{Path: p + ".target", Label: "目标值", Value: &t.Target, Max: 100, Min: 1},
			listing.Text{Path: p + ".unit", Label: "单位", Value: &t.Unit, Max: 20})
	}
	for i := range c.Keywords {
		ts = append(ts, listing.Text{Path: "keywords." + strconv.Itoa(i), Label: "关键词", Value: &c.Keywords[i], Max: 30})
	}
	for i := range c.Files {
		ts = append(ts, listing.Text{Path: "files." + strconv.Itoa(i) + ".caption", Label: "附件说明", Value: &c.Files[i].Caption, Max: 100})
	}
	return append(ts, c.Contact.Texts("contact")...)
}

// Tidy implements listing.Content.
func (c Content) Tidy() Content {
	c.Targets, c.Files, c.Keywords = slices.Clone(c.Targets), slices.Clone(c.Files), slices.Clone(c.Keywords)
	listing.TidyTexts(c.texts())
	c.Targets = slices.DeleteFunc(c.Targets, func(t Target) bool { return t == Target{} })
	c.Keywords, c.Topics, c.Cooperation = listing.Unique(c.Keywords), listing.Unique(c.Topics), listing.Unique(c.Cooperation)
	c.Preferred = listing.Unique(c.Preferred)
	return c
}

// Validate implements listing.Content.
func (c Content) Validate(forSubmit bool) error {
	var f fault.Fields
	listing.CheckTexts(&f, c.texts(), forSubmit)
	listing.CheckCount(&f, "targets", "指标", len(c.Targets), 20)
	listing.CheckCount(&f, "keywords", "关键词", len(c.Keywords), 10)
	listing.CheckCodes(&f, "field", "技术领域", listing.Unique([]string{c.Field}), codes.Field.Has, 1)
	listing.CheckCodes(&f, "topics", "规划重点方向", c.Topics, listing.IsTopic, 5)
	listing.CheckCodes(&f, "industry", "所属行业", listing.Unique([]string{c.Industry}), codes.Industry.Has, 1)
	listing.CheckCodes(&f, "cooperation", "合作方式", c.Cooperation, codes.Cooperation.Has, len(codes.Cooperation.Items()))
	c.Budget.Check(&f, "budget", "预算", false) // nine of ten published needs name none: it improves the score and never blocks
	listing.CheckDate(&f, "deadline", "期限", c.Deadline)
	listing.CheckDivision(&f, "division", c.Division)
	listing.CheckCount(&f, "preferred", "优先地区", len(c.Preferred), 12)
	for _, d := range c.Preferred {
		listing.CheckDivision(&f, "preferred", d)
	}
	listing.CheckAttachments(&f, "files", c.Files)
	c.Contact.Check(&f, "contact", forSubmit)
	f.Check(c.MaturityMin >= 0 && c.MaturityMin <= 9, "maturityMin", "choose", "请选择 1—9 级成熟度，或不限")
	if forSubmit {
		f.Check(c.Field != "", "field", "required", "请选择技术领域")
		f.Check(len(c.Cooperation) > 0, "cooperation", "required", "请至少选择一种合作方式")
		f.Check(!c.Challenge || c.Reward != "", "reward", "required", "揭榜挂帅请写明奖励和评判办法")
		f.Check(!c.Challenge || c.Deadline != "", "deadline", "required", "揭榜挂帅请写明截止日期")
	}
	return f.Err()
}

// Warnings implements listing.Content.
func (c Content) Warnings() []fault.Field {
	out := listing.NearLimits(c.texts())
	if n := utf8.RuneCountInString(c.Problem); n > 0 && n < shortProblem {
		out = append(out, fault.At("problem", "short",
			"要解决的问题只有 %d 字。写清哪道工序、什么对象、什么现象，更容易找到合适的成果", n))
	}
	return out
}

// shortProblem is under how many characters a need is asked for more; it is taken all the same.
const shortProblem = 20

// Completeness implements listing.Content: present value, target value, limits, already tried, budget, who decides
// (docs/rules/listings.md §2) weigh most.
func (c Content) Completeness() listing.Completeness {
	part := func(weight int, there bool, path, label string) listing.ScoredPart {
		return listing.ScoredPart{Part: listing.Part{Path: path, Label: label}, Weight: weight, There: there}
	}
	any := func(test func(Target) bool) bool { return slices.ContainsFunc(c.Targets, test) }
	return listing.Score([]listing.ScoredPart{
		part(12, c.Title != "" && c.Problem != "", "problem", "要解决的问题：写清工序、对象和现象"),
		part(14, c.Goals != "" || any(func(t Target) bool { return t.Target != "" }), "targets", "目标值：给出可以检验的数值和单位"),
		part(12, any(func(t Target) bool { return t.Present != "" }), "targets", "现值：写出现在做到多少"),
		part(10, c.Limits != "", "limits", "限制条件：场地、能耗、环保、原料等不能突破的条件"),
		part(10, c.Tried != "", "tried", "已做过的尝试：做过什么、为什么不行"),
		part(10, c.Budget.Said(), "budget", "预算或面议"),
		part(8, c.DecisionOwner != "", "decisionOwner", "决策人：谁来拍板，写职务即可"),
		part(6, c.Deadline != "", "deadline", "期限"),
		part(5, len(c.Cooperation) > 0, "cooperation", "合作方式"),
		part(4, c.Field != "", "field", "技术领域"),
		part(3, c.Industry != "", "industry", "所属行业"),
		part(3, len(c.Keywords) > 0, "keywords", "关键词"),
		part(3, c.Contact.Name != "", "contact.name", "联系人"),
	})
}

// Facts implements listing.Content.
func (c Content) Facts() listing.Facts {
	f := listing.Facts{Title: c.Title, Lead: c.Problem, Division: c.Division, Field: c.Field, Deadline: c.Deadline,
		Anonymous: c.Anonymous}
	for _, a := range c.Files {
		f.Files = append(f.Files, listing.File{ID: a.FileID, Role: a.Role, Caption: a.Caption})
	}
	return f
}

// Person implements listing.Content.
func (c Content) Person() listing.Contact { return c.Contact }

// WithPerson implements listing.Content.
func (c Content) WithPerson(k listing.Contact) Content {
	c.Contact = k
	return c
}

// ForGuest implements listing.Content: who decides inside a company is nobody's business before signing in.
func (c Content) ForGuest() Content {
	c.Contact, c.DecisionOwner = listing.Contact{}, ""
	return c
}

// Veiled implements listing.Content.
func (c Content) Veiled() Content {
	c = c.ForGuest()
	c.Division = listing.LeagueOf(c.Division)
	return c
}

// Document implements listing.Content. DecisionOwner and Contact stay out of the index.
func (c Content) Document(l listing.Listing, organisation string) search.Document {
	topics := listing.Topics(c.Topics, c.Title+"\n"+strings.Join(c.Keywords, " ")+"\n"+c.Problem)
	d := listing.BaseDocument(
		l,
		organisation,
		listing.Unique([]string{c.Field}),
		topics,
		c.Cooperation,
		c.Industry,
		c.Division,
		c.Budget,
		c.Completeness().Percent,
	)
	d.Title, d.Keywords = c.Title, c.Keywords
	summary := []string{c.Problem, c.Goals}
	for _, t := range c.Targets {
		summary = append(summary, strings.Join(listing.Unique([]string{t.Name, t.Target, t.Unit}), " "))
	}
	d.Summary = listing.Paragraphs(summary...)
	d.Body = listing.Paragraphs(c.Limits, c.Tried, c.Background, c.Reward, c.Solver, c.Benefit, c.Talent)
	d.Names = organisation
	d.Facets[facet.Challenge] = []string{map[bool]string{true: facet.Yes, false: facet.No}[c.Challenge]}
	if c.MaturityMin > 0 {
		d.Numbers[facet.MinMaturity] = int64(c.MaturityMin)
		d.Facets[facet.Stage] = []string{strconv.Itoa(c.MaturityMin)}
	}
	for name, from := range map[string]string{facet.BudgetMinFen: facet.PriceMinFen, facet.BudgetMaxFen: facet.PriceMaxFen} {
		if n, ok := d.Numbers[from]; ok {
			d.Numbers[name] = n
		}
	}
	if t, err := time.Parse(time.DateOnly, c.Deadline); err == nil {
		d.Numbers[facet.Deadline] = t.Unix()
	}
	return d
}
