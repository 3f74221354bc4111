package voucher

import (
	"slices"

	"techmarket/internal/foundation/fault"
)

// Stage is where a voucher stands on the site: the states of the rule, and what comes before a grant.
//
//	applied ──grant (desk)──▶ granted; ──decline (desk; reason)──▶ declined; ──recall (firm)──▶ withdrawn
//	granted ──use (firm; contract)──▶ committed; ──expire (job)──▶ expired
//	committed ──finish (firm)──▶ done ──claim (provider; invoice and receipt)──▶ claimed
//	claimed ──ask (desk; reason), supplement (provider; papers)──▶ claimed; ──approve (desk)──▶ approved ──pay (desk; receipt)──▶ paid
//	granted … paid ──cancel (any side; reason), void (desk; reason)──▶ void ──repay (desk; receipt)──▶ void
//
// Whoever may take a step is decided here; whether it holds and what it is worth, by Step alone.
type Stage string

// The stages.
const (
	StageApplied   Stage = "applied"
	StageDeclined  Stage = "declined"
	StageWithdrawn Stage = "withdrawn"
	StageGranted   Stage = "granted"
	StageCommitted Stage = "committed"
	StageDone      Stage = "done"
	StageClaimed   Stage = "claimed"
	StageApproved  Stage = "approved"
	StagePaid      Stage = "paid"
	StageExpired   Stage = "expired"
	StageVoid      Stage = "void"
)

// Stages lists them in the order of a voucher's life.
func Stages() []Stage {
	return []Stage{StageApplied, StageDeclined, StageWithdrawn, StageGranted, StageCommitted, StageDone, StageClaimed, StageApproved,
		StagePaid, StageExpired, StageVoid}
}

// state is the rule's word for a stage.
func (s Stage) state() State {
	switch s {
	case StageApplied, StageDeclined, StageWithdrawn:
		return None
	}
	return State(s)
}

// Before reports whether nothing was granted: the voucher is an application, or one that came to nothing.
func (s Stage) Before() bool { return s.state() == None }

// Act is a step of somebody.
type Act string

// The acts.
const (
	ActApply      Act = "apply"
	ActRecall     Act = "recall"
	ActGrant      Act = "grant"
	ActDecline    Act = "decline"
	ActUse        Act = "use"
	ActFinish     Act = "finish"
	ActClaim      Act = "claim"
	ActAsk        Act = "ask"
	ActSupplement Act = "supplement"
	ActApprove    Act = "approve"
	ActPay        Act = "pay"
	ActCancel     Act = "cancel"
	ActVoid       Act = "void"
	ActRepay      Act = "repay"
	ActExpire     Act = "expire"
)

// Side of a voucher.
type Side string

// The sides, and the job.
const (
	Firm     Side = "firm"
	Provider Side = "provider"
	Desk     Side = "desk"  // officers of the issuer
	Above    Side = "above" // officers whose area holds the issuer: they read
	system   Side = "system"
	nobody   Side = ""
)

// move is a line of the table. With reason, one must be given; rule is the event of Step, "" where the rule has none.
type move struct {
	from   Stage
	on     Act
	sides  []Side
	reason bool
	rule   string
	to     Stage
}

func moves() []move {
	firm, provider, desk := []Side{Firm}, []Side{Provider}, []Side{Desk}
	table := []move{
		{StageApplied, ActRecall, firm, false, "", StageWithdrawn},
		{StageApplied, ActGrant, desk, false, Apply, StageGranted},
		{StageApplied, ActDecline, desk, true, "", StageDeclined},
		{StageGranted, ActUse, firm, false, Use, StageCommitted},
		{StageGranted, ActExpire, []Side{system}, false, "", StageExpired}, // the days do it, see Voucher.Expire
		{StageCommitted, ActFinish, firm, false, Finish, StageDone},
		{StageDone, ActClaim, provider, false, Claim, StageClaimed},
		{StageClaimed, ActAsk, desk, true, "", StageClaimed},
		{StageClaimed, ActSupplement, provider, false, "", StageClaimed},
		{StageClaimed, ActApprove, desk, false, Approve, StageApproved},
		{StageApproved, ActPay, desk, true, Pay, StagePaid},
		{StageVoid, ActRepay, desk, true, Repay, StageVoid},
	}
	for _, s := range []Stage{StageGranted, StageCommitted, StageDone, StageClaimed, StageApproved, StagePaid} {
		table = append(table, move{s, ActCancel, []Side{Firm, Provider, Desk}, true, Cancel, StageVoid},
			move{s, ActVoid, desk, true, Annul, StageVoid})
	}
	return table
}

// find is the line of the table for a stage, an act and the side of whoever causes it.
func find(from Stage, on Act, side Side) (move, *fault.Error) {
	for _, m := range moves() {
		if m.from != from || m.on != on {
			continue
		}
		if !slices.Contains(m.sides, side) {
			return move{}, fault.New(fault.Forbidden, "wrong_side", "这一步由别的单位办理，请等对方")
		}
		return m, nil
	}
	return move{}, fault.New(fault.Conflict, WrongState, "现在不能办这一步，请刷新页面看最新状态").With(from)
}

// refusal says a refusal of the rule in words, with what mends it.
func refusal(code string) error {
	at := func(said fault.Sentence) error { return fault.New(fault.Conflict, code, said) }
	switch code {
	case OutsidePolicy:
		return at("今天不在办法的有效期内，不能发券。请等办法生效，或按新的办法申请")
	case KindNotCovered:
		return at("这种服务不在创新券支持的范围内，请换一种服务")
	case ProviderNotListed:
		return at("这项服务没有在册，或没有标明可用创新券，请从名录里换一家服务机构")
	case RelatedParty:
		return at("企业和服务机构有关联关系，不能使用创新券，请换一家服务机构")
	case LimitUsedUp:
		return at("企业今年的额度已经用完，明年可以再申请")
	case OverBudget:
		return at("经费余额不够发这张券，没有发出。请等有券作废、过期退回经费，或追加经费后再发")
	case IsExpired:
		return at("这张券已过有效期，不能再用；需要时请重新申请")
	case NothingOwed:
		return at("这张券没有待追回的款项")
	case OverRecovery:
		return at("追回的金额超过了待追回的金额，请核对")
	case NoReason:
		return at("请写明作废的原因")
	case DuplicateVoucher, UnknownVoucher:
		return at("这张券的记录已有变化，请刷新页面")
	}
	return fault.New(fault.Conflict, WrongState, "现在不能办这一步，请刷新页面看最新状态")
}
