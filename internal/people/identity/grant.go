package identity

import (
	"slices"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

var (
	everyKind = []actor.OrgKind{actor.University, actor.Institute, actor.Enterprise, actor.Agency, actor.Individual, actor.PointHost,
		actor.Government}
	traders   = []actor.OrgKind{actor.University, actor.Institute, actor.Enterprise, actor.Agency}
	hosts     = []actor.OrgKind{actor.University, actor.Institute, actor.Agency, actor.PointHost, actor.Government} // may host a point
	onlyHosts = []actor.OrgKind{actor.PointHost}
	offices   = []actor.OrgKind{actor.Government}

	ownAdmin = []actor.Role{actor.OrgAdmin, actor.RegionOfficer}
	theHead  = []actor.Role{actor.PointHead, actor.RegionOfficer}
	superior = []actor.Role{actor.RegionOfficer}
)

// grants says who gives which role in which kind of organisation; what no line names nobody gives. A region officer gives roles
// anywhere, everybody else in the organisation acted for. People of the desk decide about other people's money: they are named by
// the head of the point, or where the organisation is nothing but a point's host by its administrator; a head only by the region.
var grants = []struct {
	role  actor.Role
	kinds []actor.OrgKind
	by    []actor.Role
}{
	{actor.OrgAdmin, everyKind, ownAdmin},
	{actor.Member, everyKind, ownAdmin},
	{actor.Broker, traders, ownAdmin},
	{actor.Registrar, hosts, theHead}, {actor.Registrar, onlyHosts, ownAdmin},
	{actor.Reviewer, hosts, theHead}, {actor.Reviewer, onlyHosts, ownAdmin},
	{actor.Expert, hosts, theHead}, {actor.Expert, onlyHosts, ownAdmin},
	{actor.PointHead, hosts, superior},
	{actor.LeagueOfficer, offices, superior},
	{actor.RegionOfficer, offices, superior},
	{actor.TaxReader, offices, superior},
	{actor.SystemAdmin, offices, superior},
}

// personal are the roles that a person may also give to himself: they act for the own organisation only.
var personal = []actor.Role{actor.OrgAdmin, actor.Member, actor.Broker}

var officerRoles = []actor.Role{actor.LeagueOfficer, actor.RegionOfficer, actor.TaxReader, actor.SystemAdmin}

// Grantable lists the roles that the actor may give inside the organisation, by the table above.
func Grantable(who actor.Actor, org Organisation) []actor.Role {
	var out []actor.Role
	for _, g := range grants {
		given := slices.ContainsFunc(g.by, func(r actor.Role) bool {
			return who.Has(r) && (r == actor.RegionOfficer || who.In(org.ID))
		})
		if given && slices.Contains(g.kinds, org.Kind) && !slices.Contains(out, g.role) {
			out = append(out, g.role)
		}
	}
	return out
}

// checkOwn: nobody makes himself an officer or puts himself at a desk, whatever he may give to others.
func checkOwn(held, roles []actor.Role) error {
	for _, r := range roles {
		if !slices.Contains(held, r) && !slices.Contains(personal, r) {
			return fault.New(fault.Forbidden, "own_roles", "不能给自己增加登记、管理或税务类身份，请由另一位自治区管理员办理")
		}
	}
	return nil
}
