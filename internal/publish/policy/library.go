package policy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
)

// Repealed is the state of a policy that its issuer took back before its end.
const Repealed = "repealed"

// Benefits are what a clause can give.
func Benefits() []string { return []string{"资金", "税收", "资质", "服务"} }

// Provision is a clause as people read it, beside what is computed of it.
type Provision struct {
	Clause
	Title   string    `json:"title"`
	Benefit string    `json:"benefit"` // one of Benefits
	Article string    `json:"article"` // where it stands in the text
	Papers  []string  `json:"papers"`
	Opens   *fact.Day `json:"opens"` // of the window to apply in
	Closes  *fact.Day `json:"closes"`
	Office  string    `json:"office"`
	Phone   string    `json:"phone"`
}

// Content of a policy.
type Content struct {
	Summary string      `json:"summary"`
	Clauses []Provision `json:"clauses"`
}

// SchemaVersion is the form in which contents are stored.
func (Content) SchemaVersion() int { return 1 }

// Policy is one of the library.
type Policy struct {
	ID         int64
	Title      string
	Number     string
	Issuer     string
	Division   string
	IssuedOn   time.Time
	ValidFrom  time.Time
	ValidTo    *time.Time
	State      string
	ReplacedBy *int64
	Source     string
	Content    Content
	Sample     bool
	Version    int
	UpdatedAt  time.Time
}

// Validity is the part of a policy that its clauses depend on.
func (p Policy) Validity() Validity {
	v := Validity{From: fact.DayOf(p.ValidFrom), State: p.State}
	if p.ValidTo != nil {
		to := fact.DayOf(*p.ValidTo)
		v.To = &to
	}
	return v
}

// check is what the library asks of a policy.
func (p Policy) check() error {
	var f fault.Fields
	f.Check(p.Title != "" && utf8.RuneCountInString(p.Title) <= 200, "title", "length", "请填写政策名称，不超过 200 字")
	f.Check(p.Issuer != "", "issuer", "required", "请填写发文单位")
	f.Check(p.Division == "" || region.Valid(p.Division), "division", "unknown", "请从列表中选择适用地区")
	f.Check(!p.IssuedOn.IsZero(), "issuedOn", "required", "请填写发文日期")
	f.Check(!p.ValidFrom.IsZero(), "validFrom", "required", "请填写施行日期")
	f.Check(p.ValidTo == nil || !p.ValidTo.Before(p.ValidFrom), "validTo", "order", "终止日期不应早于施行日期")
	if u, err := url.Parse(p.Source); p.Source != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		f.Add("source", "url", "原文链接应以 http:// 或 https:// 开头")
	}
	ids := map[string]bool{}
	for i, c := range p.Content.Clauses {
		at := fmt.Sprintf("clauses.%d.", i)
		f.Check(c.ID != "" && !ids[c.ID], at+"id", "unique", "每一条款应有自己的编号")
		ids[c.ID] = true
		f.Checkf(slices.Contains(Benefits(), c.Benefit), at+"benefit", "unknown", "支持方式应为%s之一", strings.Join(Benefits(), "、"))
		for k, cond := range c.Conditions {
			kind, known := Kind(cond.Fact)
			f.Checkf(known && kind.Type == cond.Type, fmt.Sprintf("%sconditions.%d.fact", at, k), "unknown", "没有“%s”这一事实，或类型不同", cond.Fact)
			if key, why := cond.Check(); why != "" {
				f.Add(fmt.Sprintf("%sconditions.%d.%s", at, k, key), "malformed", why)
			}
		}
		for k, a := range c.Amounts {
			kind, known := Kind(a.Fact)
			f.Checkf(known && kind.Type == "number", fmt.Sprintf("%samounts.%d.fact", at, k), "unknown", "没有“%s”这一金额", a.Fact)
			if key, why := a.Check(); why != "" {
				f.Add(fmt.Sprintf("%samounts.%d.%s", at, k, key), "malformed", why)
			}
		}
	}
	return f.Err()
}

// FactKind is a fact that conditions may speak of.
type FactKind struct {
	Code  string
	Label string
	Type  string // as in Condition
	Unit  string
	Add   string // where a missing one is added
}

// FactKinds lists them, in the order of a form.
func FactKinds() []FactKind {
	const here, profile = "在本页填写后再查", "在单位资料里补充，或在本页填写后再查"
	return []FactKind{
		{"division", "所在旗县", "text", "", profile},
		{"org_kind", "单位类型", "text", "", profile},
		{"founded", "成立日期", "day", "", here},
		{"employees", "职工人数", "number", "人", here},
		{"revenue", "上年营业收入", "number", "元", here},
		{"rd_spend", "上年研发投入", "number", "元", here},
		{"high_tech", "高新技术企业", "bool", "", here},
		{"registered_on", "技术合同登记日期", "day", "", here},
		{"technical_amount", "技术交易额", "number", "元", here},
		{"paid_amount", "已付款金额（有凭证）", "number", "元", here},
	}
}

// Kind finds a kind of fact by its code.
func Kind(code string) (FactKind, bool) {
	for _, k := range FactKinds() {
		if k.Code == code {
			return k, true
		}
	}
	return FactKind{}, false
}

// Needs lists the facts that the clauses speak of, once each, in the order of FactKinds.
func (c Content) Needs() []FactKind {
	used := map[string]bool{}
	for _, p := range c.Clauses {
		for _, cond := range p.Conditions {
			used[cond.Fact] = true
		}
		for _, a := range p.Amounts {
			used[a.Fact] = true
		}
	}
	return slices.DeleteFunc(FactKinds(), func(k FactKind) bool { return !used[k.Code] })
}

// asOf are the days other than that of asking for which the clauses want a fact.
func (c Content) asOf(code string) []fact.Day {
	var days []fact.Day
	for _, p := range c.Clauses {
		for _, cond := range p.Conditions {
			if cond.Fact == code && cond.AsOf != nil {
				days = append(days, *cond.AsOf)
			}
		}
		for _, a := range p.Amounts {
			if a.Fact == code && a.AsOf != nil {
				days = append(days, *a.AsOf)
			}
		}
	}
	return days
}

// QuestionState is where a question stands.
type QuestionState string

// The states of a question.
const (
	Asked     QuestionState = "asked"
	Answered  QuestionState = "answered"
	Closed    QuestionState = "closed"
	Withdrawn QuestionState = "withdrawn"
)

// Events of a question.
const (
	AnswerIt   = "answer"
	RateIt     = "rate"
	WithdrawIt = "withdraw"
)

// Question is one that a member of an organisation asked about a policy.
type Question struct {
	ID             int64
	PolicyID       int64
	AccountID      int64
	OrganisationID int64
	Division       string
	Question       string
	State          QuestionState
	DueOn          time.Time
	Answer         string
	Published      bool
	Rating         *int
	AnsweredBy     *int64
	Sample         bool
	Version        int
	AskedAt        time.Time
	AnsweredAt     *time.Time
	UpdatedAt      time.Time
}

// Command does an event on a question.
type Command struct {
	Question int64
	Version  int
	Event    string
	Answer   string
	Publish  bool
	Rating   int
}

// step is a row of the table of states of a question: asked –answer(desk)→ answered –rate(asker)→ closed, asked –withdraw(asker)→
// withdrawn. An answer may be mended until it is rated.
type step struct {
	from  QuestionState
	event string
	role  func(actor.Actor, Question) bool
	to    QuestionState
}

func steps() []step {
	desk := func(a actor.Actor, q Question) bool { return a.Covers(q.Division) }
	asker := func(a actor.Actor, q Question) bool { return a.SignedIn() && a.AccountID == q.AccountID }
	return []step{
		{Asked, AnswerIt, desk, Answered},
		{Answered, AnswerIt, desk, Answered},
		{Answered, RateIt, asker, Closed},
		{Asked, WithdrawIt, asker, Withdrawn},
	}
}

// Do does a command; what a person may not see is not found. Faults: NotFound question_not_found,
// Conflict wrong_state, Invalid.
func (q Question) Do(who actor.Actor, c Command, now time.Time) (Question, error) {
	known, mine, wrong := false, false, true
	for _, s := range steps() {
		known = known || s.event == c.Event
		if s.event != c.Event || !s.role(who, q) {
			continue
		}
		mine = true
		if s.from == q.State {
			q.State, wrong = s.to, false
			break
		}
	}
	switch {
	case !known:
		return q, fault.New(fault.Invalid, "unknown_event", "没有这个操作，请刷新页面后再试")
	case !mine:
		return q, fault.New(fault.NotFound, "question_not_found", "没有找到这个问题，请从列表重新进入")
	case wrong:
		return q, fault.New(fault.Conflict, "wrong_state", "这个问题的状态已经改变，请刷新后再看")
	}
	var f fault.Fields
	switch c.Event {
	case AnswerIt:
		q.Answer, q.Published, q.AnsweredAt = strings.TrimSpace(c.Answer), c.Publish, &now
		q.AnsweredBy = &who.AccountID
		f.Check(q.Answer != "" && utf8.RuneCountInString(q.Answer) <= 5000, "answer", "length", "请填写答复，不超过 5000 字")
	case RateIt:
		q.Rating = &c.Rating
		f.Check(c.Rating >= 1 && c.Rating <= 5, "rating", "range", "请选择 1 到 5 分")
	}
	q.UpdatedAt = now
	return q, f.Err()
}
