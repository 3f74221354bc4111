package registry

import (
	"slices"
	"strings"
	"time"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
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
		{OnFiling, Correcting, EventSubmitCorrection, Applicant, nil, to(InReview)},            // 逐项答复；恢复计时
		{OnFiling, Correcting, EventDeclineCorrection, Applicant, notDeclined, to(Correcting)}, // 申请人自己声明不补正，记录在案
		{OnFiling, Correcting, EventLapseCorrection, Registrar, correctionOver, to(Refused)},   // 补正期限已过，或申请人已声明不补正
		{OnFiling, InReview, EventReturnCorrection, Registrar, termRuns, to(Correcting)},       // 答复没有补齐，期限内继续补正
		{OnFiling, InReview, EventSaveReview, Registrar, nil, to(InReview)},                    // 只保存，不作决定
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
		{OnFiling, InReview, EventHandOver, Registrar, nil, to(InReview)},                                     // 同一登记点的另一位登记员接着办，附说明
		{OnFiling, InReview, EventHandOver, Head, nil, to(InReview)},                                          // 登记员离岗的，由负责人移交
		{OnFiling, Correcting, EventHandOver, Registrar, nil, to(Correcting)},                                 // 补正期限照旧
		{OnFiling, Correcting, EventHandOver, Head, nil, to(Correcting)},                                      // 补正期限照旧
		{OnFiling, AwaitingSecondReview, EventReturnToReview, Reviewer, nil, to(InReview)},                    // 写明理由
		{OnFiling, AwaitingSecondReview, EventRefuse, Reviewer, nil, to(Refused)},                             // 理由代码与条款
		{OnFiling, AwaitingExperts, EventAssignExperts, Head, nil, to(AwaitingExperts)},                       // 只有指定的专家能看到本件
		{OnFiling, AwaitingExperts, EventPassExperts, Expert, nil, to(AwaitingExperts, AwaitingRegistration)}, // 附意见文件；达到规定人数才决定
		{OnFiling, AwaitingExperts, EventRejectByExperts, Expert, nil, to(AwaitingExperts, Refused)},          // 附意见文件；达到规定人数才决定
		{OnFiling, AwaitingExperts, EventReturnToReview, Head, nil, to(InReview)},                             // 写明理由
		{OnFiling, AwaitingRegistration, EventReturnToReview, Head, nil, to(InReview)},                        // 写明理由
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
		{OnFiling, InReconsideration, EventConcludeReexamination, Supervisor, nil, to(Declined, Refused)}, // 维持原决定
		{OnFiling, InReconsideration, EventRestore, Supervisor, nil, to(AwaitingAcceptance, InReview)},    // 撤销原决定，由原登记点重新办理
		{OnFiling, InReRecognition, EventConcludeReexamination, Supervisor, nil, to(Refused)},             // 维持原决定

		{OnRegistration, Registered, EventStartChange, Applicant, nil, to(Registered)},                 // 合同转为可编辑；尚未提交
		{OnRegistration, Registered, EventAbandonChange, Applicant, nil, to(Registered)},               // 放弃尚未提交的变更
		{OnRegistration, Registered, EventRequestChange, Applicant, nil, to(Changing)},                 // 由原登记点办理
		{OnRegistration, Changing, EventRegisterChange, Head, nil, to(Registered)},                     // 认定技术性收入累计不超过新的技术交易额
		{OnRegistration, Changing, EventKeep, System, nil, to(Registered)},                             // 变更申请未获登记
		{OnRegistration, Registered, EventRequestCancel, Applicant, noRequest, to(Registered)},         // 合同解除、无效等
		{OnRegistration, Registered, EventDeclineCancel, Head, requested, to(Registered)},              // 申请人已提出
		{OnRegistration, Registered, EventCancel, Head, requested, to(Cancelled)},                      // 申请人已提出；由原登记点决定；告知财政、税务
		{OnRegistration, Registered, EventAnnounceRevocation, Supervisor, unannounced, to(Registered)}, // 虚假、骗取；无效未注销；重复登记；文本不全
		{OnRegistration, Registered, EventState, Applicant, announced, to(Registered)},                 // 陈述、申辩
		{OnRegistration, Registered, EventDropRevocation, Supervisor, announced, to(Registered)},
		{OnRegistration, Registered, EventRevoke, Supervisor, heard, to(Revoked)}, // 告知期满或已陈述，由另一位管理员决定
		{OnRegistration, InReRecognition, EventAnnounceRevocation, Supervisor, unannounced, to(InReRecognition)},
		{OnRegistration, InReRecognition, EventState, Applicant, announced, to(InReRecognition)},
		{OnRegistration, InReRecognition, EventDropRevocation, Supervisor, announced, to(InReRecognition)},
		{OnRegistration, InReRecognition, EventRevoke, Supervisor, heard, to(Revoked)},                        // 重新认定的结果
		{OnRegistration, Registered, EventReviewTaxRelief, Supervisor, reliefClass, to(Registered)},           // 技术开发、转让、许可
		{OnRegistration, Registered, EventBookIncome, Registrar, withinTechnical, to(Registered)},             // 累计不超过技术交易额；附盖章的核定表
		{OnRegistration, Registered, EventReverseIncome, Registrar, nil, to(Registered)},                      // 冲销一笔，不改写
		{OnRegistration, Registered, EventOpenReconsideration, Applicant, nothingOpen, to(InReconsideration)}, // 针对登记时的认定
		{OnRegistration, Cancelled, EventOpenReconsideration, Applicant, nil, to(InReconsideration)},
		{OnRegistration, Revoked, EventOpenReconsideration, Applicant, nil, to(InReconsideration)},
		{OnRegistration, Registered, EventOpenReRecognition, TaxReader, nil, to(InReRecognition)},
		{OnRegistration, Cancelled, EventOpenReRecognition, TaxReader, nil, to(InReRecognition)},
		{OnRegistration, Revoked, EventOpenReRecognition, TaxReader, nil, to(InReRecognition)},
		{OnRegistration, InReconsideration, EventConcludeReexamination, Supervisor, nil, to(Registered, Cancelled, Revoked)}, // 维持原决定
		{OnRegistration, InReconsideration, EventRestore, Supervisor, ended, to(Registered)},                                 // 撤销注销、撤销的决定
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

// firstCorrection lets the desk ask once. What the desk overlooked then may follow, with the reason why, since it can be refused for
// no fault that it did not ask to mend.
func firstCorrection(w *work) error {
	c := w.filing.Correction
	if c == nil {
		return nil
	}
	for _, item := range w.Items {
		if item.Reason == "" || slices.Contains(c.reasons(), item.Reason) || strings.TrimSpace(w.Text) == "" {
			return fault.New(fault.Conflict, "correction_used",
				"补正只能一次性告知，本件已经告知过。当时漏列的另一类问题可以补充告知一次，须写明为什么没有一次告知")
		}
	}
	return nil
}

func notDeclined(w *work) error {
	if w.filing.Correction.Declined != nil {
		return fault.New(fault.Conflict, "already_declined", "您已声明不补正，登记点将据此作出决定。改变主意的，可以在决定前提交补正")
	}
	return nil
}

// correctionOver keeps the applicant's term: it is shortened by nobody but the applicant.
func correctionOver(w *work) error { return w.filing.Correction.over(w.today) }

// termRuns lets an answer that mends nothing go back while the applicant still has days.
func termRuns(w *work) error {
	if c := w.filing.Correction; c == nil || c.AnsweredAt == nil || c.over(w.today) == nil {
		return fault.New(fault.Conflict, "correction_over", "补正期限已过或没有告知过补正，不能再退回补正。请按现有材料作出决定")
	}
	return nil
}

// otherHead keeps the only head of a point from a review after which nobody could register the case.
func otherHead(w *work) error {
	if w.who.Has(actor.PointHead) && len(w.people) == 1 && w.people[0] == w.who.AccountID {
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

// nothingOpen keeps a reconsideration for what was decided: it does not stop a decision that is still to come.
func nothingOpen(w *work) error {
	switch {
	case w.reg.CancelRequest != nil:
		return fault.New(fault.Conflict, "undecided", "注销申请还没有决定。决定以后对它不服的，再申请行政复议")
	case w.reg.Revocation != nil:
		return fault.New(fault.Conflict, "undecided", "只是告知拟撤销，还没有决定。请先陈述、申辩；决定以后不服的，再申请行政复议")
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

// unannounced, announced and heard are the way to a revocation: told first, heard, decided by a second officer.
func unannounced(w *work) error {
	if w.reg.Revocation != nil {
		return fault.New(fault.Conflict, "already_announced", "已经告知过拟撤销，请等待陈述、申辩期满")
	}
	return nil
}

func announced(w *work) error {
	if w.reg.Revocation == nil {
		return fault.New(fault.Conflict, "not_announced", "还没有告知拟撤销。撤销前须先告知申请人事实、理由和陈述、申辩的权利")
	}
	return nil
}

func heard(w *work) error {
	if err := announced(w); err != nil {
		return err
	}
	p := w.reg.Revocation
	if p.Account == w.who.AccountID {
		return fault.New(fault.Forbidden, "part_taken", "拟撤销由您提出，须由另一位管理员决定")
	}
	if p.Statement == "" && w.today.Format(time.DateOnly) <= p.DueOn {
		return fault.Newf(fault.Conflict, "statement_running", "陈述、申辩的期限到 %s，申请人还没有陈述，现在不能撤销", p.DueOn)
	}
	return nil
}

// ended lets only a registration that the reconsidered decision ended be restored.
func ended(w *work) error {
	if w.reg.PriorState != Cancelled && w.reg.PriorState != Revoked {
		return fault.New(fault.Conflict, "nothing_to_restore", "复议的不是注销或撤销，登记仍然有效。请办结复议；需要变更的另行变更")
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
