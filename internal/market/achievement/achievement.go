// Package achievement owns what an achievement (科技成果) says about itself: its content, what must be filled before an
// editor sees it, what is missing for a buyer to decide, and how it enters the search index.
//
// It refuses workflow: drafts, review, publication and versions are listing's. It refuses a bare maturity number: a judged
// level names who judged, when, and the evidence (docs/rules/listings.md §1).
package achievement

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/search"
)

// Service lists achievements; all methods are listing.Book's.
type Service struct{ *listing.Book[Content] }

// Item is one achievement as one reader may see it.
type Item = listing.Item[Content]

// Kind is the kind of achievements.
const Kind listing.Kind = "achievement"

// Path is the part of addresses that names the kind.
const Path = "achievements"

// PagePath is the public page of one listing.
func PagePath(id int64) string { return "/" + Path + "/" + strconv.FormatInt(id, 10) }

// New returns the service; Descriptor must be in the listing service's configuration.
func New(s *listing.Service) *Service { return &Service{listing.NewBook[Content](s, Kind)} }

// Descriptor declares achievements. They are licensed again and again, so an agreement does not close them.
func Descriptor() listing.Descriptor {
	relevance, newest, price, ripest := facet.OrderBy(
		facet.ByRelevance,
	), facet.OrderBy(
		facet.Newest,
	), facet.OrderBy(
		facet.Cheapest,
	), facet.OrderBy(
		facet.Ripest,
	)
	return listing.Declare[Content](listing.Descriptor{
		Kind: Kind, Label: "成果", Path: Path, Prefix: "a", Icon: "lightbulb", Side: listing.SideSupply, Counterpart: "demand",
		Authors: []actor.Role{actor.Member, actor.OrgAdmin}, Sheet: sheet(),
		Narrowed: []facet.Question{
			{Facet: facet.Field, Words: "facet.field"},
			{Facet: facet.Topic, Words: "facet.topic"},
			{Facet: facet.League, Words: "facet.league"},
			{
				Facet: facet.County,
				Words: "facet.county",
			},
			{Facet: facet.Stage, Words: "facet.stage"},
			{Facet: facet.Cooperation, Words: "facet.cooperation"},
			{Facet: facet.PriceBand, Words: "facet.price"},
			{Facet: facet.Industry, Words: "facet.industry"},
		},
		Ordered: []facet.Order{relevance, newest, price, ripest},
	})
}

// Content is everything an achievement says. Amounts in 分, dates as 2006-01-02, codes from foundation/codes.
type Content struct {
	Title       string               `json:"title"`
	Summary     string               `json:"summary,omitempty"`     // the one line a buyer decides on
	Problem     string               `json:"problem,omitempty"`     // what it solves
	Description string               `json:"description,omitempty"` // how it works
	Advantages  []Advantage          `json:"advantages,omitempty"`  // figures compared with the present solution
	Maturity    Maturity             `json:"maturity,omitzero"`
	Field       string               `json:"field,omitempty"`    // codes.Field
	Topics      []string             `json:"topics,omitempty"`   // of the region's plan
	Industry    string               `json:"industry,omitempty"` // GB/T 4754 门类
	Keywords    []string             `json:"keywords,omitempty"`
	Cooperation []string             `json:"cooperation,omitempty"` // codes.Cooperation
	Price       listing.Range        `json:"price,omitzero"`
	IP          []IP                 `json:"ip,omitempty"`
	RegisterNo  string               `json:"registerNo,omitempty"` // 科技成果登记号, 12 characters, no check digit
	Team        Team                 `json:"team,omitzero"`
	Division    string               `json:"division,omitempty"` // county where it was made or is shown
	Cases       []Case               `json:"cases,omitempty"`
	Files       []listing.Attachment `json:"files,omitempty"`
	Contact     listing.Contact      `json:"contact,omitzero"`
}

// SchemaVersion is the form in which it is stored, see package stored.
func (Content) SchemaVersion() int { return 1 }

// Advantage is one figure compared with what is used today.
type Advantage struct {
	Name    string `json:"name"`
	Ours    string `json:"ours"`
	Present string `json:"present"` // of the present solution
	Unit    string `json:"unit,omitempty"`
}

// Maturity is level, basis and evidence.
type Maturity struct {
	Level   int     `json:"level,omitempty"` // codes.TRL, 1–9; 0: not said
	Basis   string  `json:"basis,omitempty"` // BasisSelf or BasisJudged
	Judge   string  `json:"judge,omitempty"` // who judged
	Date    string  `json:"date,omitempty" format:"date"`
	FileIDs []int64 `json:"fileIds,omitempty"` // evidence
}

// Bases of a maturity level; pages show them differently.
const (
	BasisSelf   = "self"
	BasisJudged = "judged"
)

// IP is one intellectual property right.
type IP struct {
	Kind    string `json:"kind"` // codes.IPKind
	Number  string `json:"number,omitempty"`
	Status  string `json:"status,omitempty"` // IPStatuses
	Expires string `json:"expires,omitempty" format:"date"`
	Title   string `json:"title,omitempty"`
}

// IPStatuses are the codes of IP.Status.
func IPStatuses() []listing.Choice {
	return []listing.Choice{{Code: "pending", Label: "申请中"}, {Code: "valid", Label: "有效"}, {Code: "expired", Label: "已失效"}}
}

// Team is who made it.
type Team struct {
	Lead         string   `json:"lead,omitempty"`
	Members      []string `json:"members,omitempty"`
	Introduction string   `json:"introduction,omitempty"`
}

// Case is one use in practice.
type Case struct {
	Organisation string `json:"organisation"`
	Effect       string `json:"effect"`
	Year         string `json:"year,omitempty"`
}

// texts lists every text of the content with its bounds.
func (c *Content) texts() []listing.Text {
	at := func(list string, i int, field string) string {
		p := list + "." + strconv.Itoa(i)
		if field != "" {
			p += "." + field
		}
		return p
	}
	ts := []listing.Text{
		{Path: "title", Label: "成果名称", Value: &c.Title, Max: 80, Min: 4},
		{Path: "summary", Label: "一句话简介", Value: &c.Summary, Max: 120, Min: 10},
		{Path: "problem", Label: "解决的问题", Value: &c.Problem, Max: 2000, Min: 10, Long: true},
		{Path: "description", Label: "成果介绍", Value: &c.Description, Max: 20000, Min: 30, Long: true},
		{Path: "maturity.judge", Label: "评价机构", Value: &c.Maturity.Judge, Max: 100},
		{Path: "registerNo", Label: "成果登记号", Value: &c.RegisterNo, Max: 30},
		{Path: "team.lead", Label: "负责人", Value: &c.Team.Lead, Max: 50},
		{Path: "team.introduction", Label: "团队介绍", Value: &c.Team.Introduction, Max: 2000, Long: true},
	}
	for i := range c.Advantages {
		a := &c.Advantages[i]
		ts = append(ts,
			listing.Text{Path: at("advantages", i, "name"), Label: "指标名称", Value: &a.Name, Max: 50, Min: 1},
			listing.Text{Path: at("advantages", i, "ours"), Label: "本成果数值", Value: &a.Ours, Max: 100, Min: 1},
			listing.Text{Path: at("advantages", i, "present"), Label: "现有方案数值", Value: &a.Present, Max: 100},
			listing.Text{Path: at("advantages", i, "unit"), Label: "单位", Value: &a.Unit, Max: 20})
	}
	for i := range c.Keywords {
		ts = append(ts, listing.Text{Path: at("keywords", i, ""), Label: "关键词", Value: &c.Keywords[i], Max: 30})
	}
	for i := range c.IP {
		p := &c.IP[i]
		ts = append(ts,
			listing.Text{Path: at("ip", i, "number"), Label: "证书或申请号", Value: &p.Number, Max: 50},
			listing.Text{Path: at("ip", i, "title"), Label: "知识产权名称", Value: &p.Title, Max: 200})
	}
	for i := range c.Team.Members {
		ts = append(ts, listing.Text{Path: at("team.members", i, ""), Label: "成员", Value: &c.Team.Members[i], Max: 50})
	}
	for i := range c.Cases {
		k := &c.Cases[i]
		ts = append(ts,
			listing.Text{Path: at("cases", i, "organisation"), Label: "应用单位", Value: &k.Organisation, Max: 100, Min: 1},
			listing.Text{Path: at("cases", i, "effect"), Label: "应用效果", Value: &k.Effect, Max: 1000, Min: 1, Long: true},
			listing.Text{Path: at("cases", i, "year"), Label: "应用年份", Value: &k.Year, Max: 20})
	}
	for i := range c.Files {
		ts = append(ts, listing.Text{Path: at("files", i, "caption"), Label: "附件说明", Value: &c.Files[i].Caption, Max: 100})
	}
	return append(ts, c.Contact.Texts("contact")...)
}

// clone copies the lists, so that tidying never changes the caller's content.
func (c Content) clone() Content {
	c.Advantages, c.IP, c.Cases, c.Files = slices.Clone(c.Advantages), slices.Clone(c.IP), slices.Clone(c.Cases), slices.Clone(c.Files)
	c.Keywords, c.Team.Members = slices.Clone(c.Keywords), slices.Clone(c.Team.Members)
	return c
}

// Tidy implements listing.Content.
func (c Content) Tidy() Content {
	c = c.clone()
	listing.TidyTexts(c.texts())
	c.Advantages = slices.DeleteFunc(c.Advantages, func(a Advantage) bool { return a == Advantage{} })
	c.IP = slices.DeleteFunc(c.IP, func(p IP) bool { return p.Number == "" && p.Title == "" && (p.Kind == "" || p.Kind == "none") })
	c.Cases = slices.DeleteFunc(c.Cases, func(k Case) bool { return k == Case{} })
	c.Keywords, c.Topics, c.Cooperation = listing.Unique(c.Keywords), listing.Unique(c.Topics), listing.Unique(c.Cooperation)
	c.Team.Members = listing.Unique(c.Team.Members)
	if c.Maturity.Level != 0 && c.Maturity.Basis == "" {
		c.Maturity.Basis = BasisSelf
	}
	return c
}

// Validate implements listing.Content.
func (c Content) Validate(forSubmit bool) error {
	var f fault.Fields
	listing.CheckTexts(&f, c.texts(), forSubmit)
	listing.CheckCount(&f, "advantages", "优势指标", len(c.Advantages), 20)
	listing.CheckCount(&f, "keywords", "关键词", len(c.Keywords), 10)
	listing.CheckCount(&f, "ip", "知识产权", len(c.IP), 50)
	listing.CheckCount(&f, "team.members", "团队成员", len(c.Team.Members), 50)
	listing.CheckCount(&f, "cases", "应用案例", len(c.Cases), 20)
	listing.CheckCount(&f, "maturity.fileIds", "成熟度证明", len(c.Maturity.FileIDs), 20)
	listing.CheckCodes(&f, "field", "技术领域", listing.Unique([]string{c.Field}), codes.Field.Has, 1)
	listing.CheckCodes(&f, "topics", "规划重点方向", c.Topics, listing.IsTopic, 5)
	listing.CheckCodes(&f, "industry", "应用行业", listing.Unique([]string{c.Industry}), codes.Industry.Has, 1)
	listing.CheckCodes(&f, "cooperation", "合作方式", c.Cooperation, codes.Cooperation.Has, len(codes.Cooperation.Items()))
	c.Price.Check(&f, "price", "意向价格", forSubmit)
	listing.CheckDivision(&f, "division", c.Division)
	listing.CheckAttachments(&f, "files", c.Files)
	c.Contact.Check(&f, "contact", forSubmit)
	for i, p := range c.IP {
		path := "ip." + strconv.Itoa(i)
		f.Check(p.Kind == "" && !forSubmit || codes.IPKind.Has(p.Kind), path+".kind", "choose", "请选择知识产权种类")
		f.Check(
			p.Status == "" || slices.ContainsFunc(IPStatuses(), func(s listing.Choice) bool { return s.Code == p.Status }),
			path+".status",
			"choose",
			"请选择知识产权状态",
		)
		listing.CheckDate(&f, path+".expires", "有效期", p.Expires)
	}
	m := c.Maturity
	f.Check(m.Level >= 0 && m.Level <= 9, "maturity.level", "choose", "请选择 1—9 级成熟度")
	f.Check(m.Basis == "" || m.Basis == BasisSelf || m.Basis == BasisJudged, "maturity.basis", "choose", "请选择自评或评价")
	listing.CheckDate(&f, "maturity.date", "评价日期", m.Date)
	for _, id := range m.FileIDs {
		f.Check(id > 0, "maturity.fileIds", "required", "请重新选择证明文件")
	}
	if forSubmit {
		f.Check(c.Field != "", "field", "required", "请选择技术领域")
		f.Check(len(c.Cooperation) > 0, "cooperation", "required", "请至少选择一种合作方式")
		f.Check(m.Level > 0, "maturity.level", "required", "请选择成熟度")
		if m.Basis == BasisJudged {
			f.Check(m.Judge != "", "maturity.judge", "required", "经评价的成熟度请写明评价机构")
			f.Check(m.Date != "", "maturity.date", "required", "经评价的成熟度请写明评价日期")
			f.Check(len(m.FileIDs) > 0, "maturity.fileIds", "required", "经评价的成熟度请上传评价报告")
		}
	}
	return f.Err()
}

// Warnings implements listing.Content: patent check digits and texts near their limit.
func (c Content) Warnings() []fault.Field {
	var out []fault.Field
	for i, p := range c.IP {
		if it, _ := codes.IPKind.Get(p.Kind); p.Kind != "patent" && it.Parent != "patent" {
			continue
		}
		if w := codes.Patent(p.Number); w.Warned() {
			out = append(out, w.At("ip."+strconv.Itoa(i)+".number"))
		}
	}
	return append(out, listing.NearLimits(c.texts())...)
}

// Completeness implements listing.Content: what a buyer decides on weighs most (docs/rules/listings.md §3).
func (c Content) Completeness() listing.Completeness {
	part := func(weight int, there bool, path, label string) listing.ScoredPart {
		return listing.ScoredPart{Part: listing.Part{Path: path, Label: label}, Weight: weight, There: there}
	}
	compared := slices.ContainsFunc(c.Advantages, func(a Advantage) bool { return a.Ours != "" && a.Present != "" })
	picture := slices.ContainsFunc(c.Files, func(a listing.Attachment) bool { return a.Role == listing.FilePicture })
	return listing.Score([]listing.ScoredPart{
		part(12, c.Title != "" && c.Description != "", "description", "成果介绍：说清技术路线和适用条件"),
		part(8, c.Summary != "", "summary", "一句话简介：买方先看这一句"),
		part(10, c.Problem != "", "problem", "解决的问题：谁在什么场合用得上"),
		part(14, compared, "advantages", "优势指标：给出与现有方案对比的数值"),
		part(8, c.Maturity.Level > 0, "maturity.level", "成熟度：选择 1—9 级"),
		part(6, len(c.Maturity.FileIDs) > 0, "maturity.fileIds", "成熟度证明：上传检测、评价或试用报告"),
		part(6, c.Field != "", "field", "技术领域"),
		part(4, c.Industry != "", "industry", "应用行业"),
		part(4, len(c.Keywords) > 0, "keywords", "关键词"),
		part(6, len(c.Cooperation) > 0, "cooperation", "合作方式"),
		part(6, c.Price.Said(), "price", "意向价格或面议"),
		part(8, len(c.IP) > 0, "ip", "知识产权：列出专利号和状态"),
		part(4, c.Team.Lead != "", "team.lead", "团队负责人"),
		part(8, len(c.Cases) > 0, "cases", "应用案例：用过的单位和效果"),
		part(4, picture, "files", "图片：样机、现场或数据图"),
		part(4, c.Contact.Name != "", "contact.name", "联系人"),
	})
}

// Facts implements listing.Content.
func (c Content) Facts() listing.Facts {
	f := listing.Facts{Title: c.Title, Lead: c.Summary, Division: c.Division, Field: c.Field, Industry: c.Industry}
	for _, p := range c.IP {
		f.Rights = append(f.Rights, listing.Right{Kind: p.Kind, Number: p.Number, Title: p.Title})
	}
	for _, a := range c.Files {
		f.Files = append(f.Files, listing.File{ID: a.FileID, Role: a.Role, Caption: a.Caption})
	}
	for _, id := range c.Maturity.FileIDs {
		f.Files = append(f.Files, listing.File{ID: id, Role: listing.FileEvidence})
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

// ForGuest implements listing.Content.
func (c Content) ForGuest() Content {
	c.Contact = listing.Contact{}
	return c
}

// Veiled implements listing.Content; achievements are never anonymous.
func (c Content) Veiled() Content { return c.ForGuest() }

// Document implements listing.Content.
func (c Content) Document(l listing.Listing, organisation string) search.Document {
	topics := listing.Topics(c.Topics, c.Title+"\n"+strings.Join(c.Keywords, " ")+"\n"+c.Summary+"\n"+c.Description)
	d := listing.BaseDocument(
		l,
		organisation,
		listing.Unique([]string{c.Field}),
		topics,
		c.Cooperation,
		c.Industry,
		c.Division,
		c.Price,
		c.Completeness().Percent,
	)
	d.Title, d.Keywords, d.Summary = c.Title, c.Keywords, listing.Paragraphs(c.Summary, c.Problem)
	body := []string{c.Description, c.Team.Introduction}
	for _, a := range c.Advantages {
		body = append(body, strings.Join(listing.Unique([]string{a.Name, a.Ours, a.Unit}), " "))
	}
	for _, k := range c.Cases {
		body = append(body, k.Organisation+" "+k.Effect)
	}
	for _, p := range c.IP {
		body = append(body, p.Title+" "+p.Number)
		if p.Status != "" && !slices.Contains(d.Facets[facet.IP], p.Status) {
			d.Facets[facet.IP] = append(d.Facets[facet.IP], p.Status)
		}
		if until, err := time.Parse(time.DateOnly, p.Expires); err == nil && p.Status == "valid" {
			d.Numbers[facet.IPUntil] = max(d.Numbers[facet.IPUntil], int64(until.Year()))
		}
	}
	if lo, ok := d.Numbers[facet.PriceMinFen]; ok {
		d.Numbers[facet.PriceFen] = lo
	}
	d.Body, d.Names = listing.Paragraphs(body...), listing.Paragraphs(organisation, c.Team.Lead)
	if c.Maturity.Level > 0 {
		d.Numbers[facet.Maturity] = int64(c.Maturity.Level)
		d.Facets[facet.Stage] = []string{strconv.Itoa(c.Maturity.Level)}
	}
	return d
}
