// Package challenge owns 揭榜挂帅: a company turns its need into a call with a purse, teams apply with sealed papers, a panel scores, the
// asker decides, and deals and contracts follow. In a race (赛马) several teams run the same nodes, and the rule fixed at publication
// says who goes on and who is paid (race.go).
//
// The table `moves` holds every step:
//
//	draft       ──submit (asker; complete)──▶ in_review
//	in_review   ──return (desk; reason)──▶ draft
//	            ──approve (desk; opinion of three experts)──▶ approved
//	approved    ──take_key (asker, desk)──▶ approved
//	            ──publish (desk; both keys, window of 20 days)──▶ open
//	            ──withdraw (asker; reason)──▶ withdrawn 撤榜
//	open        ──amend (desk; reason, in time)──▶ open
//	            ──withdraw (asker; reason, in time)──▶ withdrawn 撤榜
//	            ──close (job; after the deadline)──▶ opening
//	opening     ──open_seals (asker, desk; own code)──▶ opening, with both halves screening, without applications void 流榜
//	            ──give_up (desk; reason: a code is lost)──▶ void
//	screening   ──screen (desk; per application)──▶ screening
//	            ──choose_single (asker; too few for a race)──▶ screening
//	            ──extend (asker; too few, once)──▶ approved
//	            ──start_review (desk; all screened)──▶ reviewing, without eligible ones void 流榜
//	reviewing   ──replace (desk; a member leaves)──▶ reviewing
//	            ──decide (admin; all sheets locked)──▶ noticing, with public money in the purse reviewing
//	            ──confirm (desk; decided)──▶ noticing
//	            ──none_fit (admin; reason)──▶ void
//	noticing    ──notice_passed (job)──▶ contracting; ──notice_void (job)──▶ reviewing
//	contracting ──sign (asker; deal agreed)──▶ contracting, after the last running
//	            ──decline (taker; reason), lapse (job; 30 days)──▶ the next reserve noticing, without one running or void
//	running     ──node_result, postpone, pay (asker)──▶ running
//	            ──accept (asker; last node passed, report)──▶ completed 验收
//	            ──terminate (asker, taker; reason)──▶ terminated 终止; ──breach (asker, taker; reason)──▶ breached 违约
//	completed   ──pay (asker)──▶ completed; ──settle (asker)──▶ settled
//
// What becomes of one application stands in `appMoves`.
package challenge

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/people/expert"
)

// Kind decides who claims the region's subsidy.
type Kind string

// The kinds.
const (
	Tackle    Kind = "tackle"    // 技术攻关类: the asker
	Transform Kind = "transform" // 成果转化类: the taker
)

// Mode is how many teams run.
type Mode string

// The modes.
const (
	Single Mode = "single"
	Horses Mode = "race"
)

// Target is one figure to reach, with the way in which it is tested.
type Target struct {
	Name    string `json:"name"`
	Present string `json:"present"`
	Target  string `json:"target"`
	Unit    string `json:"unit"`
	Method  string `json:"method"`
	Tester  string `json:"tester"`
}

// PlanNode is a node of the plan, with the tranche of the purse that it pays.
type PlanNode struct {
	Name      string    `json:"name"`
	Due       fact.Day  `json:"due"`
	GraceDays int       `json:"graceDays"`
	Look      string    `json:"look"` // what is measured
	Tranche   money.Fen `json:"trancheFen"`
	Teams     int       `json:"teams"` // that the purse is planned for here
}

// Rules of conditions that the program checks; others are declared by the applicant.
const (
	Declared = ""
	InRegion = "in_region"
	OfKind   = "of_kind"
)

// Condition is what a taker must fulfil.
type Condition struct {
	Rule  string   `json:"rule"`
	Kinds []string `json:"kinds,omitempty"` // of organisations, for OfKind
	Text  string   `json:"text"`
}

// Criterion is a line of the scoring sheet; the weights sum to 100. The first is the technical one, which breaks ties.
type Criterion struct {
	Name   string `json:"name"`
	Weight int    `json:"weight"`
}

// Content is what a challenge says, fixed at publication.
type Content struct {
	Problem      string      `json:"problem"`
	Limits       string      `json:"limits"`
	Tried        string      `json:"tried"`
	Deliverables string      `json:"deliverables"`
	Ownership    string      `json:"ownership"`
	Acceptance   string      `json:"acceptance"` // who tests, where
	Targets      []Target    `json:"targets"`
	AskerFen     money.Fen   `json:"askerFen"`
	LeagueFen    money.Fen   `json:"leagueFen"`
	RegionFen    money.Fen   `json:"regionFen"`
	Nodes        []PlanNode  `json:"nodes"`
	Conditions   []Condition `json:"conditions"`
	Criteria     []Criterion `json:"criteria"`
	PassMark     int         `json:"passMark"`
	MaxTeams     int         `json:"maxTeams"` // of a race
	Rule         string      `json:"rule"`
	Keep         int         `json:"keep"`
	Unpaid       string      `json:"unpaid"`
}

// SchemaVersion is the form in which it is stored, see package stored.
func (Content) SchemaVersion() int { return 1 }

// Purse is the sum of the sources.
func (c Content) Purse() money.Fen { return c.AskerFen + c.LeagueFen + c.RegionFen }

// Public reports whether public money is in the purse: then the department decides with the asker.
func (c Content) Public() bool { return c.LeagueFen+c.RegionFen > 0 }

// Planned is what the nodes pay in all.
func (c Content) Planned() (sum money.Fen) {
	for _, n := range c.Nodes {
		sum += n.Tranche * money.Fen(n.Teams)
	}
	return sum
}

// Entry is what the asker writes.
type Entry struct {
	Title   string   `json:"title"`
	Kind    Kind     `json:"kind"`
	Mode    Mode     `json:"mode"`
	Field   string   `json:"field"`
	ApplyOn fact.Day `json:"applyOn" format:"date"` // last day; a rest day moves it to the next working day
	Content Content  `json:"content"`
}

// Limits. Windows follow the tender law's pattern (招标投标法 23, 24): 20 days to apply, 15 left after an amendment; an extension has 10.
const (
	applyDays  = 20
	amendDays  = 15
	extendDays = 10
	askDays    = 7 // before the deadline questions end
	closeHour  = 17
	closeMin   = 30
	minTeams   = 2
	maxTeams   = 5
	panelSize  = 5
	minExperts = 3 // of the opinion before publication
	maxText    = 4000
)

// check names what is wrong with an entry; a draft may lack everything but its title.
func (e Entry) check(now time.Time, whole bool) error {
	var f fault.Fields
	text := func(path, value string, least int, label string) {
		if !whole {
			least = 0
		}
		if n := len([]rune(value)); n < least || n > maxText {
			f.Addf(path, "length", "请写明%s（%d—%d 字）", label, least, maxText)
		}
	}
	c := e.Content
	if n := len([]rune(e.Title)); n < 4 || n > 80 {
		f.Add("title", "length", "请写明榜单名称（4—80 字）")
	}
	text("problem", c.Problem, 20, "要解决的问题")
	text("limits", c.Limits, 0, "限制条件")
	text("tried", c.Tried, 0, "已做过的尝试")
	text("deliverables", c.Deliverables, 4, "交付什么")
	text("ownership", c.Ownership, 10, "成果归属和收益约定")
	text("acceptance", c.Acceptance, 4, "由谁、在哪里验收")
	f.Check(e.Kind == Tackle || e.Kind == Transform, "kind", "unknown_code", "请选择技术攻关类或成果转化类")
	f.Check(e.Mode == Single || e.Mode == Horses, "mode", "unknown_code", "请选择单独揭榜或赛马")
	f.Check(e.Field == "" || codes.Field.Has(e.Field), "field", "unknown_code", "请选择技术领域")
	for path, m := range map[string]money.Fen{"asker": c.AskerFen, "league": c.LeagueFen, "region": c.RegionFen} {
		f.Check(m >= 0 && m <= money.Max, path, "amount", "榜金不能为负")
	}
	if whole {
		e.checkWhole(&f, now)
	}
	return f.Err()
}

func (e Entry) checkWhole(f *fault.Fields, now time.Time) {
	c := e.Content
	f.Check(e.Field != "", "field", "missing", "请选择技术领域")
	f.Check(e.ApplyOn >= fact.DayOf(now)+applyDays, "applyOn", "short", "揭榜期不得少于 20 天，请把截止日定得晚一些")
	f.Check(len(c.Targets) > 0 && len(c.Targets) <= 20, "targets", "missing", "请至少写一项指标，最多 20 项")
	for i, t := range c.Targets {
		f.Check(t.Name != "" && t.Target != "" && t.Unit != "" && t.Method != "" && t.Tester != "", fmt.Sprintf("targets.%d.name", i), "missing",
			"每项指标都要写名称、目标值、单位、检测方法和由谁检测")
	}
	f.Check(c.AskerFen > 0, "asker", "amount", "请填写发榜单位自己出的榜金")
	e.checkNodes(f)
	sum := 0
	for i, k := range c.Criteria {
		f.Check(k.Name != "" && k.Weight > 0, fmt.Sprintf("criteria.%d.name", i), "missing", "请写评分项的名称和大于零的权重")
		sum += k.Weight
	}
	if len(c.Criteria) == 0 || sum != 100 {
		f.Addf("criteria.0.weight", "sum", "评分项的权重合计应为 100，现在是 %d", sum)
	}
	f.Check(c.PassMark >= 0 && c.PassMark <= 100, "passMark", "range", "合格线应为 0—100 分")
	for i, k := range c.Conditions {
		f.Check(
			slices.Contains([]string{Declared, InRegion, OfKind}, k.Rule),
			fmt.Sprintf("conditions.%d.rule", i),
			"unknown_code",
			"请选择怎样核对这项条件",
		)
		f.Check(k.Rule != OfKind || len(k.Kinds) > 0, fmt.Sprintf("conditions.%d.rule", i), "missing", "请选择允许的单位类型")
	}
	if e.Mode != Horses {
		return
	}
	f.Check(c.MaxTeams >= minTeams && c.MaxTeams <= maxTeams, "maxTeams", "range", "赛马的队数上限应为 2—5")
	f.Check(c.Rule == KeepPassMark || c.Rule == KeepBest && c.Keep >= 1, "rule", "missing", "请选择淘汰规则；择优的写明保留几队")
	f.Check(c.Unpaid == UnpaidRest || c.Unpaid == UnpaidBack, "unpaid", "missing", "请选择未拨付的节点款归谁")
}

func (e Entry) checkNodes(f *fault.Fields) {
	c := e.Content
	f.Check(len(c.Nodes) > 0 && len(c.Nodes) <= 10, "nodes", "missing", "请至少写一个节点，最多 10 个")
	before := e.ApplyOn
	for i, n := range c.Nodes {
		at := fmt.Sprintf("nodes.%d.", i)
		f.Check(n.Name != "" && n.Look != "", at+"name", "missing", "请写节点名称和看什么")
		f.Check(n.Due > before, at+"due", "order", "节点日期应在揭榜截止之后，并逐个向后")
		f.Check(n.Tranche >= 0 && n.Teams >= 1 && (e.Mode == Horses && n.Teams <= max(1, c.MaxTeams) || n.Teams == 1), at+"teams", "range",
			"拨付金额不能为负；单独揭榜每个节点按 1 队计，赛马不超过队数上限")
		f.Check(n.GraceDays >= 0 && n.GraceDays <= 60, at+"grace", "range", "宽限期应为 0—60 天")
		before = n.Due
	}
	if planned, purse := c.Planned(), c.Purse(); len(c.Nodes) > 0 && planned != purse {
		f.Addf("nodes.0.tranche", "sum", "各节点拨付合计 %s 元，榜金合计 %s 元，两者应相等", planned.Grouped(), purse.Grouped())
	}
}

func (e *Entry) tidy() {
	c := &e.Content
	texts := []*string{&e.Title, &c.Problem, &c.Limits, &c.Tried, &c.Deliverables, &c.Ownership, &c.Acceptance}
	for i := range c.Targets {
		t := &c.Targets[i]
		texts = append(texts, &t.Name, &t.Present, &t.Target, &t.Unit, &t.Method, &t.Tester)
	}
	for _, t := range texts {
		*t = strings.TrimSpace(*t)
	}
}

// Challenge is a stored challenge.
type Challenge struct {
	ID             int64      `json:"id"`
	State          Stage      `json:"state"`
	OrgID          int64      `json:"organisationId"`
	CreatedBy      int64      `json:"-"`
	Listing        int64      `json:"demandId"`
	Title          string     `json:"title"`
	Kind           Kind       `json:"kind"`
	Mode           Mode       `json:"mode"`
	Field          string     `json:"field"`
	Division       string     `json:"division"`
	Content        Content    `json:"content"`
	Purse          money.Fen  `json:"purseFen"`
	ApplyOn        time.Time  `json:"applyOn" format:"date"`
	ApplyUntil     *time.Time `json:"applyCloseAt"`
	QuestionsUntil *time.Time `json:"questionsCloseAt"`
	PublishedAt    *time.Time `json:"publishedAt"`
	Round          int        `json:"round"`
	Choice         string     `json:"choice"`
	OpenedAt       *time.Time `json:"openedAt"`
	Draw           *Draw      `json:"-"`
	Decision       *Decision  `json:"-"`
	NoticeID       int64      `json:"noticeId"`
	ContractingAt  *time.Time `json:"contractingAt"`
	EndedAt        *time.Time `json:"endedAt"`
	Reason         string     `json:"reason"`
	Version        int        `json:"version"`
	Sample         bool       `json:"sample"`
	CreatedAt      time.Time  `json:"createdAt"`
	UpdatedAt      time.Time  `json:"updatedAt"`
}

// Entry is what the asker wrote.
func (c Challenge) Entry() Entry {
	return Entry{Title: c.Title, Kind: c.Kind, Mode: c.Mode, Field: c.Field, ApplyOn: fact.OfDate(c.ApplyOn), Content: c.Content}
}

// Over reports whether the challenge has ended.
func (c Challenge) Over() bool {
	return slices.Contains([]Stage{Settled, Terminated, Breached, Void, Withdrawn}, c.State)
}

// hidden reports whether applications are sealed: nobody sees them, their number or who sent them.
func (c Challenge) hidden() bool {
	return c.State == Opened || c.State == Opening || c.State == Approved
}

// Draw is the draw of the panel: its inputs and what came of them, so that anybody can draw again (people/expert).
type Draw struct {
	Case   expert.Case        `json:"case"`
	From   []expert.Candidate `json:"from"`
	Record expert.Record      `json:"record"`
}

// SchemaVersion is the form in which it is stored.
func (Draw) SchemaVersion() int { return 1 }

// Loss tells a loser why.
type Loss struct {
	Application int64  `json:"application"`
	Code        string `json:"code"`
	Text        string `json:"text"`
}

// Decision is what the asker decided.
type Decision struct {
	Winners []int64 `json:"winners"` // applications, best first
	Losers  []Loss  `json:"losers"`
	Reason  string  `json:"reason"` // published; needed where the choice is not that of the ranking
	By      int64   `json:"by"`
}

// SchemaVersion is the form in which it is stored.
func (Decision) SchemaVersion() int { return 1 }

// LossReason is one reason that a loser is given.
type LossReason struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

// LossReasons lists them in the order of the form (our choice).
func LossReasons() []LossReason {
	return []LossReason{{"rank", "综合评分靠后"}, {"targets", "方案没有覆盖全部指标"}, {"route", "技术路线的可行性不足"}, {"team", "团队或条件不足"},
		{"price", "资金安排不合理"}, {"rights", "成果归属没有谈拢"}, {"other", "其他（请写明）"}}
}

func asFault(err error) *fault.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	return nil
}
