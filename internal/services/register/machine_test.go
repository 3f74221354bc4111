package register

import (
	"slices"
	"testing"
)

// Every state, event and role: either the table has one row for it, or it is refused. What the table may hold is said again here.
func TestMachine_EveryTriple(t *testing.T) {
	t.Parallel()
	allowed := map[Event]map[Role][]State{
		EventSubmit:   {RoleOwn: {Draft, Listed, Lapsed, Withdrawn}},
		EventRecall:   {RoleOwn: {Submitted, Revised}},
		EventList:     {RoleDesk: {Submitted, Revised}},
		EventReturn:   {RoleDesk: {Submitted, Revised}},
		EventConfirm:  {RoleOwn: {Listed}},
		EventSuspend:  {RoleDesk: {Listed, Revised}, RoleJob: {Listed, Revised}},
		EventResume:   {RoleDesk: {Suspended}},
		EventRemove:   {RoleDesk: {Listed, Revised, Suspended}},
		EventLapse:    {RoleJob: {Listed, Revised}},
		EventWithdraw: {RoleOwn: {Listed, Revised, Suspended}},
		EventConsent:  {RoleSelf: {Draft, Submitted, Listed, Revised, Suspended, Lapsed, Withdrawn}},
		EventGrade:    {RoleDesk: {Listed, Revised}},
		EventEndGrade: {RoleDesk: {Listed, Revised, Suspended}},
	}
	allowed[EventRevoke] = map[Role][]State{}
	for _, r := range []Role{RoleSelf, RoleOwn, RoleDesk} {
		allowed[EventRevoke][r] = allowed[EventConsent][RoleSelf]
	}
	for _, s := range States() {
		for _, e := range Events() {
			for _, r := range []Role{RoleSelf, RoleOwn, RoleDesk, RoleJob} {
				_, ok := find(s, e, []Role{r})
				if want := slices.Contains(allowed[e][r], s); ok != want {
					t.Errorf("%s –%s(%s): allowed %v, want %v", s, e, r, ok, want)
				}
			}
		}
	}
}
