package challenge

import (
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
)

// Stage is where a challenge stands.
type Stage string

// The stages.
const (
	Draft       Stage = "draft"
	InReview    Stage = "in_review"
	Approved    Stage = "approved"
	Opened      Stage = "open"
	Opening     Stage = "opening" // closed, still sealed
	Screening   Stage = "screening"
	Reviewing   Stage = "reviewing"
	Noticing    Stage = "noticing"
	Contracting Stage = "contracting"
	Running     Stage = "running"
	Completed   Stage = "completed" // 验收
	Settled     Stage = "settled"
	Terminated  Stage = "terminated" // 终止
	Breached    Stage = "breached"   // 违约
	Void        Stage = "void"       // 流榜
	Withdrawn   Stage = "withdrawn"  // 撤榜
)

// Event moves a challenge.
type Event string

// The events.
const (
	EventSubmit    Event = "submit"
	EventReturn    Event = "return"
	EventApprove   Event = "approve"
	EventTakeKey   Event = "take_key"
	EventPublish   Event = "publish"
	EventAmend     Event = "amend"
	EventWithdraw  Event = "withdraw"
	EventClose     Event = "close"
	EventUnseal    Event = "open_seals"
	EventGiveUp    Event = "give_up"
	EventScreen    Event = "screen"
	EventSingle    Event = "choose_single"
	EventExtend    Event = "extend"
	EventReview    Event = "start_review"
	EventReplace   Event = "replace"
	EventDecide    Event = "decide"
	EventConfirm   Event = "confirm"
	EventNoneFit   Event = "none_fit"
	EventNoticed   Event = "notice_passed"
	EventNoticeOff Event = "notice_void"
	EventSign      Event = "sign"
	EventDecline   Event = "decline"
	EventLapse     Event = "lapse"
	EventMeasure   Event = "node_result"
	EventPostpone  Event = "postpone"
	EventPay       Event = "pay"
	EventAccept    Event = "accept"
	EventTerminate Event = "terminate"
	EventBreach    Event = "breach"
	EventSettle    Event = "settle"
)

// Roles that may cause an event.
const (
	RoleAsker  = "asker"  // members of the unit that asks
	RoleAdmin  = "admin"  // its administrators, who decide
	RoleDesk   = "desk"   // officers whose area holds it
	RoleTaker  = "taker"  // members of a unit that was chosen
	RoleSystem = "system" // the job
)

// move is a line of the table. With reason, one must be given, which is published.
type move struct {
	from   Stage
	on     Event
	roles  string // separated by spaces
	reason bool
	guard  guard
	to     string // stages, separated by spaces; the effect picks
}

type guard func(b *bench) *fault.Error

// moves is the whole table of a challenge.
func moves() []move {
	return []move{
		{from: Draft, on: EventSubmit, roles: RoleAsker, guard: complete, to: "in_review"},
		{from: InReview, on: EventReturn, roles: RoleDesk, reason: true, to: "draft"},
		{from: InReview, on: EventApprove, roles: RoleDesk, reason: true, to: "approved"},
		{from: Approved, on: EventTakeKey, roles: RoleAsker + " " + RoleDesk, to: "approved"},
		{from: Approved, on: EventPublish, roles: RoleDesk, guard: bothKeys, to: "open"},
		{from: Approved, on: EventWithdraw, roles: RoleAsker, reason: true, to: "withdrawn"},
		{from: Opened, on: EventAmend, roles: RoleDesk, reason: true, guard: inTime, to: "open"},
		{from: Opened, on: EventWithdraw, roles: RoleAsker, reason: true, guard: inTime, to: "withdrawn"},
		{from: Opened, on: EventClose, roles: RoleSystem, guard: over, to: "opening"},
		{from: Opening, on: EventUnseal, roles: RoleAsker + " " + RoleDesk, to: "opening screening void"},
		{from: Opening, on: EventGiveUp, roles: RoleDesk, reason: true, to: "void"},
		{from: Screening, on: EventScreen, roles: RoleDesk, to: "screening"},
		{from: Screening, on: EventSingle, roles: RoleAsker, reason: true, guard: tooFew, to: "screening"},
		{from: Screening, on: EventExtend, roles: RoleAsker, reason: true, guard: mayExtend, to: "approved"},
		{from: Screening, on: EventReview, roles: RoleDesk, guard: screened, to: "reviewing void"},
		{from: Reviewing, on: EventReplace, roles: RoleDesk, reason: true, to: "reviewing"},
		{from: Reviewing, on: EventDecide, roles: RoleAdmin, guard: panelClosed, to: "reviewing noticing"},
		{from: Reviewing, on: EventConfirm, roles: RoleDesk, guard: decided, to: "noticing"},
		{from: Reviewing, on: EventNoneFit, roles: RoleAdmin, reason: true, guard: panelClosed, to: "void"},
		{from: Noticing, on: EventNoticed, roles: RoleSystem, to: "contracting"},
		{from: Noticing, on: EventNoticeOff, roles: RoleSystem, to: "reviewing"},
		{from: Contracting, on: EventSign, roles: RoleAsker, to: "contracting running"},
		{from: Contracting, on: EventDecline, roles: RoleTaker, reason: true, to: "contracting running noticing void"},
		{from: Contracting, on: EventLapse, roles: RoleSystem, guard: signTimeOver, to: "running noticing void"},
		{from: Running, on: EventMeasure, roles: RoleAsker, to: "running"},
		{from: Running, on: EventPostpone, roles: RoleAsker, reason: true, to: "running"},
		{from: Running, on: EventPay, roles: RoleAsker, to: "running"},
		{from: Running, on: EventAccept, roles: RoleAsker, reason: true, guard: allMeasured, to: "completed"},
		{from: Running, on: EventTerminate, roles: RoleAsker + " " + RoleTaker, reason: true, to: "terminated"},
		{from: Running, on: EventBreach, roles: RoleAsker + " " + RoleTaker, reason: true, to: "breached"},
		{from: Completed, on: EventPay, roles: RoleAsker, to: "completed"},
		{from: Completed, on: EventSettle, roles: RoleAsker, to: "settled"},
	}
}

// find is the line of the table for a stage, an event and the roles of whoever causes it.
func find(from Stage, on Event, roles []string) (move, *fault.Error) {
	known := false
	for _, m := range moves() {
		if m.from != from || m.on != on {
			continue
		}
		known = true
		if m.by(roles) {
			return m, nil
		}
	}
	if on == EventUnseal && from == Opened {
		return move{}, errSealed
	}
	if known {
		return move{}, fault.New(fault.Forbidden, "wrong_role", "这一步由别的单位或人员办理，您现在的身份不能办。如果应当由您办，请先在“账号与单位”里切换到那个单位")
	}
	return move{}, fault.New(fault.Conflict, "wrong_state", "这个榜单现在的状态不能这样办理，请刷新页面")
}

func (m move) by(roles []string) bool {
	return slices.ContainsFunc(strings.Fields(m.roles), func(r string) bool { return slices.Contains(roles, r) })
}

// offered tells whether the step is worth a button: its guard holds, or says what is still to be mended in the entry.
func (m move) offered(b *bench) bool {
	if m.guard == nil {
		return true
	}
	refused := m.guard(b)
	return refused == nil || refused.Kind == fault.Invalid
}

var errSealed = fault.New(fault.Forbidden, "sealed", "申请在截止之前封存，任何人都不能打开，也看不到份数和名单")

func conflict(code string, words fault.Sentence) *fault.Error {
	return fault.New(fault.Conflict, code, words)
}

func complete(b *bench) *fault.Error { return asFault(b.c.Entry().check(b.now, true)) }

func bothKeys(b *bench) *fault.Error {
	if b.key(SideAsker) == nil || b.key(SideDesk) == nil {
		return conflict("no_keys", "发榜方和管理员都领取开封码之后才能发布：两人同时在场才打得开申请")
	}
	return nil
}

func inTime(b *bench) *fault.Error {
	if b.now.After(*b.c.ApplyUntil) {
		return conflict("closed", "揭榜已经截止，不能再修改或撤榜")
	}
	return nil
}

func over(b *bench) *fault.Error {
	if !b.now.After(*b.c.ApplyUntil) {
		return conflict("too_early", "揭榜还没有截止")
	}
	return nil
}

func screened(b *bench) *fault.Error {
	if len(b.in(AppOpened)) > 0 {
		return conflict("not_screened", "还有申请没有做资格审查")
	}
	switch b.race(b.in(AppEligible)).Opening() {
	case AskEither, AskSingle:
		return conflict("too_few", "合格的申请不够赛马的最少队数：请发榜方选择延期一次，或改为单独揭榜")
	}
	return nil
}

func tooFew(b *bench) *fault.Error {
	if len(b.in(AppOpened)) > 0 {
		return conflict("not_screened", "还有申请没有做资格审查")
	}
	if opening := b.race(b.in(AppEligible)).Opening(); opening != AskEither && opening != AskSingle {
		return conflict("not_too_few", "合格的申请数够开展评审，不用选择")
	}
	return nil
}

func mayExtend(b *bench) *fault.Error {
	if b.c.Round > 1 {
		return conflict("extended", "揭榜期只能延期一次")
	}
	return tooFew(b)
}

// panelClosed: every member at work has locked a sheet for every eligible application.
func panelClosed(b *bench) *fault.Error {
	for _, m := range b.panel() {
		for _, a := range b.in(AppEligible) {
			if s := b.sheet(a.ID, m.AccountID); s == nil || s.LockedAt == nil {
				return conflict("panel_open", "还有专家没有锁定评分表，不能决定")
			}
		}
	}
	return nil
}

func decided(b *bench) *fault.Error {
	if b.c.Decision == nil {
		return conflict("no_decision", "发榜方还没有作出决定")
	}
	return nil
}

// Days within which winners sign after the notice (the tender law's thirty days).
const signDays = 30

func signTimeOver(b *bench) *fault.Error {
	if b.now.Before(b.c.ContractingAt.Add(signDays * 24 * time.Hour)) {
		return conflict("too_early", "签约期还没有满")
	}
	return nil
}

// allMeasured: at least one team passed the last node.
func allMeasured(b *bench) *fault.Error {
	nodes, _ := b.race(b.teams()).Standing(b.today())
	for _, t := range nodes[len(nodes)-1].Results {
		if t.passed() {
			return nil
		}
	}
	return conflict("not_measured", "最后一个节点还没有通过检测，不能验收")
}
