package registry

import (
	"slices"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
)

// Aggregate is what a row of the table moves.
type Aggregate string

// The aggregates.
const (
	OnFiling       Aggregate = "filing"
	OnRegistration Aggregate = "registration"
)

// Rule is one row of the state table: who may do what, where, and what becomes of it.
type Rule struct {
	On    Aggregate
	From  State
	Event Event
	Part  Part
	To    []State // several: the guard chooses
	Guard string  // in words, for the page that lists the rules
}

// Table is the whole life of filings and registrations (registration.md §7). What it does not list is refused.
func Table() []Rule {
	to := func(s ...State) []State { return s }
	return []Rule{
		{OnFiling, Draft, EventSubmit, Applicant, to(AwaitingAcceptance), "必填项齐全，已上传合同文本，成交额大于零，在合同有效期内，登记点正确且未暂停"},
		{OnFiling, AwaitingAcceptance, EventWithdraw, Applicant, to(Withdrawn), ""},
		{OnFiling, AwaitingAcceptance, EventAccept, Registrar, to(InReview), "登记点未暂停；开始计时"},
		{OnFiling, AwaitingAcceptance, EventDeclineIntake, Registrar, to(Declined), "口头合同、不属本点、超出有效期等"},
		{OnFiling, AwaitingAcceptance, EventRequestCorrection, Registrar, to(Correcting), "一次性告知，只有一次；暂停计时"},
		{OnFiling, InReview, EventRequestCorrection, Registrar, to(Correcting), "一次性告知，只有一次；暂停计时"},
		{OnFiling, Correcting, EventWithdraw, Applicant, to(Withdrawn), ""},
		{OnFiling, Correcting, EventSubmitCorrection, Applicant, to(InReview), "逐项答复；恢复计时"},
		{OnFiling, Correcting, EventLapseCorrection, Registrar, to(Refused), "补正期限已过或申请人拒绝补正"},
		{OnFiling, InReview, EventSaveReview, Registrar, to(InReview), "只保存，不作决定"},
		{OnFiling, InReview, EventPassFirstReview, Registrar, to(AwaitingSecondReview), "认定规则准予登记；类别、技术交易额、扣除与意见已填"},
		{OnFiling, InReview, EventRefuse, Registrar, to(Refused), "理由代码与条款"},
		{OnFiling, AwaitingSecondReview, EventPassSecondReview, Reviewer, to(AwaitingExperts, AwaitingRegistration), "登记点设定的，负责人也可以复核，但不再登记本件；大额（或达到本点界线）、有争议的先交专家"},
		{OnFiling, AwaitingSecondReview, EventReturnToReview, Reviewer, to(InReview), "写明理由"},
		{OnFiling, AwaitingSecondReview, EventRefuse, Reviewer, to(Refused), "理由代码与条款"},
		{OnFiling, AwaitingExperts, EventPassExperts, Expert, to(AwaitingRegistration), "附专家意见文件"},
		{OnFiling, AwaitingExperts, EventRejectByExperts, Expert, to(Refused), "附专家意见文件"},
		{OnFiling, AwaitingRegistration, EventRegister, Head, to(Registered), "首次登记；编号、证明、登记簿、统计同时写入"},
		{OnFiling, AwaitingRegistration, EventRegisterChange, Head, to(Registered), "变更登记；编号不变，版本加一"},
		{OnFiling, Declined, EventOpenReconsideration, Applicant, to(InReconsideration), ""},
		{OnFiling, Refused, EventOpenReconsideration, Applicant, to(InReconsideration), ""},
		{OnFiling, Refused, EventOpenReRecognition, TaxReader, to(InReRecognition), ""},
		{OnFiling, InReconsideration, EventConcludeReexamination, Supervisor, to(Declined, Refused), "回到原状态；撤销原决定的，申请人重新提交"},
		{OnFiling, InReRecognition, EventConcludeReexamination, Supervisor, to(Refused), "回到原状态；撤销原决定的，申请人重新提交"},

		{OnRegistration, Registered, EventStartChange, Applicant, to(Registered), "合同转为可编辑；尚未提交"},
		{OnRegistration, Registered, EventAbandonChange, Applicant, to(Registered), "放弃尚未提交的变更"},
		{OnRegistration, Registered, EventRequestChange, Applicant, to(Changing), "由原登记点办理"},
		{OnRegistration, Changing, EventRegisterChange, Head, to(Registered), "认定技术性收入累计不超过新的技术交易额"},
		{OnRegistration, Changing, EventKeep, System, to(Registered), "变更申请未获登记"},
		{OnRegistration, Registered, EventRequestCancel, Applicant, to(Registered), "合同解除、无效等"},
		{OnRegistration, Registered, EventDeclineCancel, Head, to(Registered), "申请人已提出"},
		{OnRegistration, Registered, EventCancel, Head, to(Cancelled), "申请人已提出；由原登记点决定；告知财政、税务"},
		{OnRegistration, Registered, EventRevoke, Supervisor, to(Revoked), "虚假、骗取；无效未注销；重复登记；文本不全"},
		{OnRegistration, InReRecognition, EventRevoke, Supervisor, to(Revoked), "重新认定的结果"},
		{OnRegistration, Registered, EventReviewTaxRelief, Supervisor, to(Registered), "技术开发、转让、许可"},
		{OnRegistration, Registered, EventBookIncome, Registrar, to(Registered), "累计不超过技术交易额；附盖章的核定表"},
		{OnRegistration, Registered, EventOpenReconsideration, Applicant, to(InReconsideration), ""},
		{OnRegistration, Cancelled, EventOpenReconsideration, Applicant, to(InReconsideration), ""},
		{OnRegistration, Revoked, EventOpenReconsideration, Applicant, to(InReconsideration), ""},
		{OnRegistration, Registered, EventOpenReRecognition, TaxReader, to(InReRecognition), ""},
		{OnRegistration, Cancelled, EventOpenReRecognition, TaxReader, to(InReRecognition), ""},
		{OnRegistration, Revoked, EventOpenReRecognition, TaxReader, to(InReRecognition), ""},
		{OnRegistration, InReconsideration, EventConcludeReexamination, Supervisor, to(Registered, Cancelled, Revoked), "回到原状态；需改变的另走变更、撤销"},
		{OnRegistration, InReRecognition, EventConcludeReexamination, Supervisor, to(Registered, Cancelled, Revoked), "回到原状态；需改变的另走变更、撤销"},
	}
}

// find returns the row for the first of the parts that may do it. Without a row the fault says whether the state or the
// person is the obstacle, so that the page can say what to do next.
func find(on Aggregate, from State, event Event, parts []Part) (Rule, error) {
	possible := false
	var who []Part
	for _, r := range Table() {
		if r.On != on || r.Event != event || r.From != from {
			continue
		}
		possible = true
		if slices.Contains(parts, r.Part) {
			return r, nil
		}
		who = append(who, r.Part)
	}
	if !possible {
		return Rule{}, fault.Newf(fault.Conflict, "wrong_state", "现在是“%s”，不能%s。请刷新页面查看最新状态", from.Label(), event.Label())
	}
	return Rule{}, fault.Newf(fault.Forbidden, "wrong_part", "%s由%s办理，您在本件中没有这一身份", event.Label(), who[0].Label())
}

// allowed lists the events the parts may trigger now, in the order of the table.
func allowed(on Aggregate, from State, parts []Part) []Event {
	events := []Event{}
	for _, r := range Table() {
		if r.On == on && r.From == from && slices.Contains(parts, r.Part) && !slices.Contains(events, r.Event) {
			events = append(events, r.Event)
		}
	}
	return events
}

// Open reports whether a filing in that state still waits for somebody.
func (s State) Open() bool { return slices.Contains(OpenStates(), s) }

// OpenStates lists the states of the queue in the order of the work.
func OpenStates() []State {
	return []State{AwaitingAcceptance, InReview, Correcting, AwaitingSecondReview, AwaitingExperts, AwaitingRegistration}
}

// phase says what the clock of a filing does in the state.
func (s State) phase() Phase {
	switch {
	case !s.Open():
		return Done
	case s == AwaitingAcceptance:
		return Waiting
	case s == Correcting:
		return Pausing
	default:
		return Running
	}
}

// due reads the clock of the filing as it stands today.
func (f Filing) due(days clock.Calendar, today time.Time) Due {
	return Of(days, f.Run, f.State.phase(), f.SubmittedAt, today)
}

// Label is the Chinese word.
func (s State) Label() string {
	return word(map[State]string{
		Draft: "草稿", AwaitingAcceptance: "待受理", Declined: "不予受理", Withdrawn: "已撤回", InReview: "审查中", Correcting: "补正中",
		AwaitingSecondReview: "待复核", AwaitingExperts: "待专家", AwaitingRegistration: "待登记", Refused: "不予登记", Registered: "已登记",
		Changing: "变更审查中", Cancelled: "已注销", Revoked: "已撤销", InReconsideration: "复议中", InReRecognition: "重新认定中",
	}, s)
}

// Label is the Chinese word.
func (e Event) Label() string {
	return word(map[Event]string{
		EventSubmit: "提交", EventWithdraw: "撤回", EventAccept: "受理", EventDeclineIntake: "不予受理", EventRequestCorrection: "一次性告知补正",
		EventSubmitCorrection: "提交补正", EventLapseCorrection: "补正逾期终结", EventSaveReview: "保存审查", EventPassFirstReview: "初审通过",
		EventPassSecondReview: "复核通过", EventReturnToReview: "退回审查", EventPassExperts: "专家通过", EventRejectByExperts: "专家否决",
		EventRegister: "登记", EventRefuse: "不予登记", EventStartChange: "开始变更", EventAbandonChange: "放弃变更", EventRequestChange: "申请变更", EventRegisterChange: "变更登记", EventKeep: "维持原登记",
		EventRequestCancel: "申请注销", EventDeclineCancel: "不予注销", EventCancel: "注销", EventRevoke: "撤销", EventReviewTaxRelief: "免税复核",
		EventBookIncome: "核定技术性收入", EventOpenReconsideration: "申请行政复议", EventOpenReRecognition: "提请重新认定", EventConcludeReexamination: "办结复议或重新认定", EventMove: "移交登记点",
	}, e)
}

// Label is the Chinese word.
func (p Part) Label() string {
	return word(map[Part]string{
		Applicant: "申请人", Registrar: "登记员", Reviewer: "复核员", Expert: "专家", Head: "登记点负责人",
		Supervisor: "盟市或自治区管理员", TaxReader: "税务、财政", System: "系统", Party: "合同相对方",
	}, p)
}

func word[K ~string](words map[K]string, k K) string {
	if w, ok := words[k]; ok {
		return w
	}
	return string(k)
}

// stand says which parts the actor's roles, organisation and area give in a case of that point and applicant.
// Experts sit at the point, or in the department of its league or the region.
func stand(a actor.Actor, applicantOrg int64, parties []int64, p Point) []Part {
	var parts []Part
	add := func(part Part, ok bool) {
		if ok && a.Has(part.roles()...) {
			parts = append(parts, part)
		}
	}
	host := a.In(p.OrganisationID)
	add(Applicant, a.In(applicantOrg))
	add(Registrar, host)
	add(Reviewer, host)
	if host && p.SecondReview == ReviewerOrHead && a.Has(actor.PointHead) && !a.Has(actor.Reviewer) {
		parts = append(parts, Reviewer)
	}
	add(Expert, host || (a.OrgKind == actor.Government && above(a.Division, p.Division)))
	add(Head, host)
	add(Supervisor, a.Covers(p.Division))
	add(TaxReader, above(a.Division, p.Division))
	if slices.ContainsFunc(parties, a.In) && a.Has(Applicant.roles()...) {
		parts = append(parts, Party)
	}
	return parts
}

// desk reports whether one of the parts may read internal notes.
func desk(parts []Part) bool {
	return slices.ContainsFunc(parts, func(p Part) bool {
		return p == Registrar || p == Reviewer || p == Expert || p == Head || p == Supervisor
	})
}

// above reports whether the division is the other's own, its league or the region.
func above(area, division string) bool {
	return len(area) == 6 && (area == division || (area[4:] == "00" && (area[2:4] == "00" || area[:4] == division[:4])))
}
