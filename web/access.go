package web

import (
	"strings"

	"techmarket/internal/foundation/actor"
)

// Access says who may come through a route. It stands beside the route; the service behind it checks scope again. The zero
// value lets nobody in. Every group of people that routes speak of has its name here, once.
type Access struct {
	Name  string // for the access matrix and the no-permission page
	Who   string // Chinese: who can
	allow func(actor.Actor) bool
}

// Allows reports whether the actor may come in.
func (a Access) Allows(who actor.Actor) bool { return a.allow != nil && a.allow(who) }

// roles lets in signed-in people who hold one of the roles in the organisation they act for.
func roles(who string, any ...actor.Role) Access {
	names := make([]string, len(any))
	for i, r := range any {
		names[i] = string(r)
	}
	return Access{Name: strings.Join(names, "|"), Who: who, allow: func(a actor.Actor) bool {
		return a.SignedIn() && a.Has(any...)
	}}
}

// Anyone lets guests in.
func Anyone() Access {
	return Access{Name: "anyone", Who: "所有人", allow: func(actor.Actor) bool { return true }}
}

// SignedIn lets every signed-in person in.
func SignedIn() Access {
	return Access{Name: "signed_in", Who: "已登录的用户", allow: actor.Actor.SignedIn}
}

// Members work for an organisation that lists, asks and signs.
func Members() Access {
	return roles("单位经办人、单位管理员", actor.Member, actor.OrgAdmin)
}

// AskedToPost reports whether a page asks this reader to post a listing: members, and guests, who sign in first.
func AskedToPost(who actor.Actor) bool { return !who.SignedIn() || Members().Allows(who) }

// OrgAdmins keep their own organisation.
func OrgAdmins() Access { return roles("本单位管理员", actor.OrgAdmin) }

// Traders talk and sign: members and the brokers between them.
func Traders() Access {
	return roles("单位经办人、单位管理员、技术经纪人", actor.Member, actor.OrgAdmin, actor.Broker)
}

// Brokers bring two sides together.
func Brokers() Access { return roles("技术经纪人", actor.Broker) }

// SaleKeepers carry a sale: the unit that sells, and the officers of its area.
func SaleKeepers() Access {
	return roles("单位经办人、单位管理员、盟市和自治区管理员", actor.Member, actor.OrgAdmin, actor.LeagueOfficer, actor.RegionOfficer)
}

// Importers bring files of listings: members for their organisation, the region for any.
func Importers() Access {
	return roles("单位经办人、单位管理员、自治区管理员", actor.Member, actor.OrgAdmin, actor.RegionOfficer)
}

// Admins keep an organisation: its own administrator, or the region.
func Admins() Access {
	return roles("单位管理员、自治区管理员", actor.OrgAdmin, actor.RegionOfficer)
}

// Officers supervise a league or the region.
func Officers() Access {
	return roles("盟市、自治区管理员", actor.LeagueOfficer, actor.RegionOfficer)
}

// RegionOfficers supervise the region.
func RegionOfficers() Access { return roles("自治区管理员", actor.RegionOfficer) }

// Operators run the site or supervise all of it.
func Operators() Access {
	return roles("系统管理员、自治区管理员", actor.SystemAdmin, actor.RegionOfficer)
}

// Registrars make the first review.
func Registrars() Access { return roles("登记员", actor.Registrar) }

// ListMakers draw up lists of registrations for other authorities.
func ListMakers() Access {
	return roles("登记员、登记点负责人", actor.Registrar, actor.PointHead)
}

// PointHeads lead a registration point; the region may act for them.
func PointHeads() Access {
	return roles("登记点负责人、自治区管理员", actor.PointHead, actor.RegionOfficer)
}

// PointManagers lead a registration point or supervise it.
func PointManagers() Access {
	return roles("登记点负责人、盟市和自治区管理员", actor.PointHead, actor.LeagueOfficer, actor.RegionOfficer)
}

// Desk is everybody who works on filings, and their supervisors.
func Desk() Access {
	return roles("登记点人员、盟市和自治区管理员", actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert,
		actor.LeagueOfficer, actor.RegionOfficer)
}

// CaseReaders are the desk, the parties and the tax office.
func CaseReaders() Access {
	return roles("登记点人员、管理员、税务财政、合同双方", actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert,
		actor.LeagueOfficer, actor.RegionOfficer, actor.TaxReader, actor.Member, actor.OrgAdmin)
}

// ArchiveReaders are the desk and the parties, who may take a registration's archive away.
func ArchiveReaders() Access {
	return roles("登记点人员、管理员、申请单位", actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert,
		actor.LeagueOfficer, actor.RegionOfficer, actor.Member, actor.OrgAdmin)
}

// NoticeReaders may have the list of certificates that a tax office is told of.
func NoticeReaders() Access {
	return roles("登记点负责人、登记员、管理员、税务财政", actor.Registrar, actor.PointHead, actor.LeagueOfficer,
		actor.RegionOfficer, actor.TaxReader)
}
