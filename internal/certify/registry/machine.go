package registry

import (
	"slices"
	"time"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
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
	guard guard   // nil: none
	To    []State // several: the step chooses
}

func (r Rule) check(w *work) error {
	if r.guard == nil {
		return nil
	}
	return r.guard(w)
}

// Table is the whole life of filings and registrations (docs/rules/registration.md §6). What it does not list is refused.
func Table() []Rule {
	to := func(s ...State) []State { return s }
	return []Rule{
		{OnFiling, Draft, EventSubmit, Applicant, nil, to(AwaitingAcceptance)}, // 必填项齐全，已上传合同文本，成交额大于零，在合同有效期内，登记点正确且未暂停
		{OnFiling, AwaitingAcceptance, EventWithdraw, Applicant, nil, to(Withdrawn)},
		{OnFiling, AwaitingAcceptance, EventAccept, Registrar, pointWorks, to(InReview)},                   // 登记点未暂停；开始计时
		{OnFiling, AwaitingAcceptance, EventDeclineIntake, Registrar, nil, to(Declined)},                   // 口头合同、不属本点、超出有效期等
		{OnFiling, AwaitingAcceptance, EventRequestCorrection, Registrar, firstCorrection, to(Correcting)}, // 一次性告知，只有一次；暂停计时
		{OnFiling, InReview, EventRequestCorrection, Registrar, firstCorrection, to(Correcting)},           // 一次性告知，只有一次；暂停计时
		{OnFiling, Correcting, EventWithdraw, Applicant, nil, to(Withdrawn)},
		{OnFiling, Correcting, EventSubmitCorrection, Applicant, nil, to(InReview)},          // 逐项答复；恢复计时
		{OnFiling, Correcting, EventLapseCorrection, Registrar, correctionOver, to(Refused)}, // 补正期限已过或申请人拒绝补正
		{OnFiling, InReview, EventSaveReview, Registrar, nil, to(InReview)},                  // 只保存，不作决定
		{
			OnFiling,
			InReview,
			EventPassFirstReview,
			Registrar,
			nil,
			to(AwaitingSecondReview),
		}, // 认定规则准予登记；类别、技术交易额、扣除与意见已填
		{OnFiling, InReview, EventRefuse, Registrar, nil, to(Refused)}, // 理由代码与条款
		{
			OnFiling,
			AwaitingSecondReview,
			EventPassSecondReview,
			Reviewer,
			otherHead,
			to(AwaitingExperts, AwaitingRegistration),
		}, // 登记点设定的，负责人也可以复核，但不再登记本件；大额（或达到本点界线）、有争议的先交专家
		{OnFiling, AwaitingSecondReview, EventReturnToReview, Reviewer, nil, to(InReview)},   // 写明理由
		{OnFiling, AwaitingSecondReview, EventRefuse, Reviewer, nil, to(Refused)},            // 理由代码与条款
		{OnFiling, AwaitingExperts, EventPassExperts, Expert, nil, to(AwaitingRegistration)}, // 附专家意见文件
		{OnFiling, AwaitingExperts, EventRejectByExperts, Expert, nil, to(Refused)},          // 附专家意见文件
		{
			OnFiling,
			AwaitingRegistration,
			EventRegister,
			Head,
			nil,
			to(Registered),
		}, // 首次登记；编号、证明、登记簿、统计同时写入
		{OnFiling, AwaitingRegistration, EventRegisterChange, Head, nil, to(Registered)}, // 变更登记；编号不变，版本加一
		{OnFiling, Declined, EventOpenReconsideration, Applicant, nil, to(InReconsideration)},
		{OnFiling, Refused, EventOpenReconsideration, Applicant, nil, to(InReconsideration)},
		{OnFiling, Refused, EventOpenReRecognition, TaxReader, nil, to(InReRecognition)},
		{OnFiling, InReconsideration, EventConcludeReexamination, Supervisor, nil, to(Declined, Refused)}, // 回到原状态；撤销原决定的，申请人重新提交
		{OnFiling, InReRecognition, EventConcludeReexamination, Supervisor, nil, to(Refused)},             // 回到原状态；撤销原决定的，申请人重新提交

		{OnRegistration, Registered, EventStartChange, Applicant, nil, to(Registered)},              // 合同转为可编辑；尚未提交
		{OnRegistration, Registered, EventAbandonChange, Applicant, nil, to(Registered)},            // 放弃尚未提交的变更
		{OnRegistration, Registered, EventRequestChange, Applicant, nil, to(Changing)},              // 由原登记点办理
		{OnRegistration, Changing, EventRegisterChange, Head, nil, to(Registered)},                  // 认定技术性收入累计不超过新的技术交易额
		{OnRegistration, Changing, EventKeep, System, nil, to(Registered)},                          // 变更申请未获登记
		{OnRegistration, Registered, EventRequestCancel, Applicant, noRequest, to(Registered)},      // 合同解除、无效等
		{OnRegistration, Registered, EventDeclineCancel, Head, requested, to(Registered)},           // 申请人已提出
		{OnRegistration, Registered, EventCancel, Head, requested, to(Cancelled)},                   // 申请人已提出；由原登记点决定；告知财政、税务
		{OnRegistration, Registered, EventRevoke, Supervisor, nil, to(Revoked)},                     // 虚假、骗取；无效未注销；重复登记；文本不全
		{OnRegistration, InReRecognition, EventRevoke, Supervisor, nil, to(Revoked)},                // 重新认定的结果
		{OnRegistration, Registered, EventReviewTaxRelief, Supervisor, reliefClass, to(Registered)}, // 技术开发、转让、许可
		{OnRegistration, Registered, EventBookIncome, Registrar, withinTechnical, to(Registered)},   // 累计不超过技术交易额；附盖章的核定表
		{OnRegistration, Registered, EventOpenReconsideration, Applicant, nil, to(InReconsideration)},
		{OnRegistration, Cancelled, EventOpenReconsideration, Applicant, nil, to(InReconsideration)},
		{OnRegistration, Revoked, EventOpenReconsideration, Applicant, nil, to(InReconsideration)},
		{OnRegistration, Registered, EventOpenReRecognition, TaxReader, nil, to(InReRecognition)},
		{OnRegistration, Cancelled, EventOpenReRecognition, TaxReader, nil, to(InReRecognition)},
		{OnRegistration, Revoked, EventOpenReRecognition, TaxReader, nil, to(InReRecognition)},
		{OnRegistration, InReconsideration, EventConcludeReexamination, Supervisor, nil, to(Registered, Cancelled, Revoked)}, // 回到原状态；需改变的另走变更、撤销
		{OnRegistration, InReRecognition, EventConcludeReexamination, Supervisor, nil, to(Registered, Cancelled, Revoked)},   // 回到原状态；需改变的另走变更、撤销
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
		return Rule{}, fault.New(fault.Conflict, "wrong_state", "这一步现在不能办理。请刷新页面查看最新状态").
			With(from, event)
	}
	return Rule{}, fault.New(fault.Forbidden, "wrong_part", "您在本件中没有办理这一步的身份").
		With(event, who[0])
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
func (s State) phase() deadline.Phase {
	switch {
	case !s.Open():
		return deadline.Done
	case s == AwaitingAcceptance:
		return deadline.Waiting
	case s == Correcting:
		return deadline.Pausing
	default:
		return deadline.Running
	}
}

// due reads the clock of the filing as it stands today.
func (f Filing) due(days clock.Calendar, today time.Time) deadline.Due {
	return deadline.Of(days, f.Run, f.State.phase(), f.SubmittedAt, today)
}

// Events lists the events that Do takes for an aggregate, in the order of the table. submit comes through Submit, keep follows
// from other events, and a registration's register_change is its change filing's.
func Events(on Aggregate) []Event {
	var out []Event
	for _, r := range Table() {
		through := r.Event != EventSubmit && r.Part != System && (on == OnFiling || r.Event != EventRegisterChange)
		if r.On == on && through && !slices.Contains(out, r.Event) {
			out = append(out, r.Event)
		}
	}
	return out
}

// guard holds an event against what the state alone does not say.
type guard func(*work) error

func pointWorks(w *work) error {
	if w.point.State == point.Suspended {
		return fault.New(fault.Conflict, "point_suspended", "本登记点已暂停，不能受理新申请。请联系自治区管理员")
	}
	return nil
}

func firstCorrection(w *work) error {
	if w.filing.Correction != nil {
		return fault.New(fault.Conflict, "correction_used", "补正只能一次性告知，本件已经告知过。请按现有材料作出决定")
	}
	return nil
}

func correctionOver(w *work) error {
	if !w.Refused && !w.today.After(w.filing.DueOn) {
		return fault.Newf(fault.Conflict, "correction_running", "补正期限到 %s，现在还不能终结", w.filing.DueOn.Format(time.DateOnly))
	}
	return nil
}

// otherHead keeps the only head of a point from a review after which nobody could register the case.
func otherHead(w *work) error {
	if len(w.people) == 1 && w.people[0] == w.who.AccountID {
		return fault.New(fault.Conflict, "no_other_head", "本登记点只有您一位负责人，复核过的件不能再由您登记。请由复核员复核，或先增加一位负责人")
	}
	return nil
}

func noRequest(w *work) error {
	if w.reg.CancelRequest != nil {
		return fault.New(fault.Conflict, "already_requested", "已经申请过注销，请等待登记点决定")
	}
	return nil
}

func requested(w *work) error {
	if w.reg.CancelRequest == nil {
		return fault.New(fault.Conflict, "not_requested", "注销须由申请人先提出")
	}
	if w.reg.CancelRequest.Account == w.who.AccountID {
		return fault.New(fault.Forbidden, "part_taken", "注销申请由您提出，须由其他人员决定")
	}
	return nil
}

// reliefClass lets only the classes 01–03 be re-checked: the others have no relief.
func reliefClass(w *work) error {
	if !slices.Contains([]string{"01", "02", "03"}, w.reg.Class[:2]) {
		return fault.New(fault.Conflict, "class_not_reviewed", "免税复核只针对技术开发、技术转让和技术许可")
	}
	return nil
}

// withinTechnical keeps ΣR at or below T of the version that stands (规则第52条).
func withinTechnical(w *work) error {
	if w.Amount > 0 && w.Amount <= money.Max && w.reg.Income+w.Amount > w.reg.Technical {
		return fault.Newf(fault.Conflict, "income_exceeds", "累计将达 %s 元，超过技术交易额 %s 元，最多还能核定 %s 元",
			(w.reg.Income + w.Amount).Grouped(), w.reg.Technical.Grouped(), (w.reg.Technical - w.reg.Income).Grouped())
	}
	return nil
}
