package deal

import (
	"techmarket/internal/foundation/actor"
)

// A side whose listing was published without a name stays unnamed to the others until talks begin: who answers an approach decides
// whether the other learns the name, and an approach that is declined or withdrawn has told nobody anything. The side itself and the
// broker who speaks for it are named to each other from the start.

// veils reports whether the deal hides a side from a reader of another.
func (d Deal) veils(reader Side) bool {
	if d.Undisclosed == nobody || d.State != Interested && d.State != Declined && d.State != Withdrawn {
		return false
	}
	return reader != d.Undisclosed && (reader != Broker || d.OpenedSide != d.Undisclosed)
}

// forReader is the deal as a side knows it.
func (d Deal) forReader(reader Side) Deal {
	if !d.veils(reader) {
		return d
	}
	if d.Undisclosed == Supply {
		d.SupplyOrg, d.SupplyAccount = actor.Undisclosed, actor.Undisclosed
	} else {
		d.DemandOrg, d.DemandAccount = actor.Undisclosed, actor.Undisclosed
	}
	if d.OpenedSide == d.Undisclosed && d.BrokerAccount == 0 {
		d.OpenedBy = actor.Undisclosed
	}
	return d
}

// did reports whether a step was taken by the undisclosed side.
func (d Deal) did(h Step) bool {
	switch h.Event {
	case EventAccept, EventDecline:
		return d.OpenedSide != d.Undisclosed
	case EventOpen, EventWithdraw:
		return d.OpenedSide == d.Undisclosed && h.AccountID != d.BrokerAccount
	}
	return false
}

// speaker is how a notice names who acts.
func (d Deal) speaker(who actor.Actor, side Side) string {
	if d.Undisclosed != nobody && side == d.Undisclosed {
		return "一家不公开名称的单位"
	}
	return who.OrgName
}
