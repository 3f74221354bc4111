package identity

import (
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// SignedIn refuses a guest. Fault: Unauthorized.
func SignedIn(who actor.Actor) error {
	if !who.SignedIn() {
		return errSignIn
	}
	return nil
}

// MayTrade tells whether somebody may act for his unit in trade: a member of a confirmed one. Faults: Unauthorized, Forbidden.
func MayTrade(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return errSignIn
	case !who.Has(actor.Member, actor.OrgAdmin):
		return fault.New(fault.Forbidden, "not_member", "只有单位的经办人可以代表单位办理，请联系本单位管理员")
	case who.OrgState != actor.Confirmed:
		return fault.New(fault.Forbidden, "org_not_confirmed", "单位未通过确认或已被暂停，请联系自治区管理员")
	default:
		return nil
	}
}
