// Package trial owns 先用后转: a firm uses an achievement free of charge under terms that were agreed first, and pays when it works.
//
// The table `moves` holds every step:
//
//	proposed   ──propose (either; complete terms)──▶ proposed; ──agree (the other side)──▶ agreed; ──decline (either; reason)──▶ declined
//	agreed     ──start (supply; handover note)──▶ trialling; ──decline (either; reason)──▶ declined
//	trialling  ──report (company)──▶ trialling; ──ask_extend (company; reason), extend (supply; once)──▶ trialling
//	           ──trigger (company; what was reached)──▶ confirming; ──stop (either; reason code, list)──▶ ended
//	confirming ──confirm (supply), silence (job; 10 working days)──▶ converting; ──dispute (supply; reason)──▶ trialling
//	           ──stop (either; reason code, list)──▶ ended
//	converting ──convert (job; deal agreed)──▶ converted; ──stop (either; reason code, list)──▶ ended
//	converted  ──add_due (supply; royalty or condition), pay (company; voucher)──▶ converted; ──settle (supply; all paid)──▶ settled
//	agreed … converted ──insure (either; insurance state)──▶ the same
package trial

import (
	"slices"

	"techmarket/internal/foundation/fault"
)

// Stage is where a trial stands.
type Stage string

// The stages.
const (
	Proposed   Stage = "proposed"
	Agreed     Stage = "agreed"
	Trialling  Stage = "trialling"
	Confirming Stage = "confirming" // the firm says the trigger is met
	Converting Stage = "converting" // the talk about the contract is open
	Converted  Stage = "converted"
	Settled    Stage = "settled"
	Declined   Stage = "declined"
	Ended      Stage = "ended" // without conversion
)

// Event moves a trial.
type Event string

// The events.
const (
	EventPropose   Event = "propose"
	EventAgree     Event = "agree"
	EventDecline   Event = "decline"
	EventStart     Event = "start"
	EventReport    Event = "report"
	EventAskExtend Event = "ask_extend"
	EventExtend    Event = "extend"
	EventTrigger   Event = "trigger"
	EventConfirm   Event = "confirm"
	EventSilence   Event = "silence"
	EventDispute   Event = "dispute"
	EventStop      Event = "stop"
	EventConvert   Event = "convert"
	EventAddDue    Event = "add_due"
	EventPay       Event = "pay"
	EventSettle    Event = "settle"
	EventInsure    Event = "insure"
)

// Side of a trial.
type Side string

// The sides, and the job.
const (
	Supply  Side = "supply"  // 成果单位
	Company Side = "company" // 试用企业
	system  Side = "system"
	nobody  Side = ""
)

// move is a line of the table. With reason, one must be given.
type move struct {
	from   Stage
	on     Event
	sides  []Side
	reason bool
	to     Stage
}

func moves() []move {
	either, supply, company := []Side{Supply, Company}, []Side{Supply}, []Side{Company}
	table := []move{
		{Proposed, EventPropose, either, false, Proposed},
		{Proposed, EventAgree, either, false, Agreed},
		{Proposed, EventDecline, either, true, Declined},
		{Agreed, EventDecline, either, true, Declined},
		{Agreed, EventStart, supply, true, Trialling},
		{Trialling, EventReport, company, true, Trialling},
		{Trialling, EventAskExtend, company, true, Trialling},
		{Trialling, EventExtend, supply, false, Trialling},
		{Trialling, EventTrigger, company, true, Confirming},
		{Confirming, EventConfirm, supply, false, Converting},
		{Confirming, EventSilence, []Side{system}, false, Converting},
		{Confirming, EventDispute, supply, true, Trialling},
		{Converting, EventConvert, []Side{system}, false, Converted},
		{Converted, EventAddDue, supply, true, Converted},
		{Converted, EventPay, company, false, Converted},
		{Converted, EventSettle, supply, false, Settled},
	}
	for _, s := range []Stage{Trialling, Confirming, Converting} {
		table = append(table, move{s, EventStop, either, true, Ended})
	}
	for _, s := range []Stage{Agreed, Trialling, Confirming, Converting, Converted} {
		table = append(table, move{s, EventInsure, either, true, s})
	}
	return table
}

// find is the line of the table for a stage, an event and the side of whoever causes it.
func find(from Stage, on Event, side Side) (move, *fault.Error) {
	for _, m := range moves() {
		if m.from != from || m.on != on {
			continue
		}
		if !slices.Contains(m.sides, side) {
			return move{}, fault.New(fault.Forbidden, "wrong_side", "这一步由对方办理")
		}
		return m, nil
	}
	return move{}, fault.New(fault.Conflict, "wrong_state", "现在不能办这一步，请刷新页面看最新状态")
}

// Over reports whether a stage is an end.
func (s Stage) Over() bool { return s == Settled || s == Declined || s == Ended }
