// Package actor says who acts, for whom, in which part of the region.
//
// It refuses to decide what an actor may do with a listing, a deal or a case: permission rules live with the domain
// they guard. Signing in and looking people up is people/identity.
package actor

import (
	"slices"
	"time"
)

// Role is what a person may do for one organisation.
type Role string

// The roles. One person can hold several in one organisation; the desk additionally refuses that one
// person plays two of them in one case.
const (
	OrgAdmin      Role = "org_admin"      // 单位管理员: invites, edits the organisation
	Member        Role = "member"         // 经办人: listings, deals, contracts of the organisation
	Broker        Role = "broker"         // 技术经纪人
	Registrar     Role = "registrar"      // 登记员
	Reviewer      Role = "reviewer"       // 复核员
	PointHead     Role = "point_head"     // 登记点负责人
	Expert        Role = "expert"         // 认定专家
	LeagueOfficer Role = "league_officer" // 盟市管理员: supervises its league
	RegionOfficer Role = "region_officer" // 自治区管理员: supervises the region
	TaxReader     Role = "tax_reader"     // 税务、财政: reads registrations
	SystemAdmin   Role = "system_admin"   // 系统管理员: runs the site, touches no business data
)

// Roles are all of them.
func Roles() []Role {
	return []Role{OrgAdmin, Member, Broker, Registrar, Reviewer, PointHead, Expert, LeagueOfficer, RegionOfficer, TaxReader, SystemAdmin}
}

// Undisclosed stands for an organisation or account that the reader may not know; nobody belongs to it.
const Undisclosed int64 = -1

// OrgKind is the kind of an organisation.
type OrgKind string

// The kinds of organisations.
const (
	University OrgKind = "university" // 高校
	Institute  OrgKind = "institute"  // 科研院所
	Enterprise OrgKind = "enterprise" // 企业
	Agency     OrgKind = "agency"     // 技术转移机构
	Individual OrgKind = "individual" // 个人（自然人）
	PointHost  OrgKind = "point_host" // 登记点主办单位
	Government OrgKind = "government" // 盟市科技局、科技厅
)

// Organisation states.
const (
	Pending   = "pending"   // waits for the region's administrator
	Confirmed = "confirmed" // may publish and trade
	Returned  = "returned"  // sent back with a reason
	Suspended = "suspended"
)

// Actor is who stands behind a call. The zero value is a guest.
type Actor struct {
	AccountID    int64
	MembershipID int64
	OrgID        int64
	Name         string // display name of the person
	OrgName      string
	OrgKind      OrgKind
	OrgState     string
	Division     string // GB/T 2260 code of the organisation: a league officer's is the league
	Roles        []Role
	Sample       bool   // the account belongs to the sample market; what it creates is sample data
	RequestID    string // for the audit trail
	// MustSetUpTwoFactor: the policy wants two steps from this role and the account has not set them up; until then the
	// person may do nothing else.
	MustSetUpTwoFactor bool
	Unconfirmed        bool // nobody has shown yet that the mail address is the account's own
	// TokenEnds is when the API token ends that a program came with, which may do what its Scopes say ("market:read", see
	// identity.Scopes); zero for a person at a browser.
	TokenEnds time.Time
	Scopes    []string
}

// Guest is nobody in particular.
func Guest() Actor { return Actor{} }

// SignedIn reports whether a person stands behind the call.
func (a Actor) SignedIn() bool { return a.AccountID != 0 }

// ByToken reports whether a program came with an API token.
func (a Actor) ByToken() bool { return !a.TokenEnds.IsZero() }

// Has reports whether the actor holds one of the roles in the organisation acted for.
func (a Actor) Has(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(a.Roles, r) })
}

// Member reports whether the actor may act in the name of the organisation: 经办人 or 单位管理员.
func (a Actor) Member() bool { return a.Has(Member, OrgAdmin) }

// In reports whether the actor acts for that organisation.
func (a Actor) In(org int64) bool { return org != 0 && a.OrgID == org }

// Officer reports whether the actor supervises a league or the region.
func (a Actor) Officer() bool { return a.Has(LeagueOfficer, RegionOfficer) }

// Covers reports whether the division (six digits) lies in the area that an officer supervises:
// the whole region for a region officer, the own league for a league officer, nothing for others.
func (a Actor) Covers(division string) bool {
	switch {
	case a.Has(RegionOfficer):
		return true
	case a.Has(LeagueOfficer):
		return len(a.Division) == 6 && len(division) == 6 && a.Division[:4] == division[:4]
	default:
		return false
	}
}

// Area is the divisions that Covers allows, as a pattern of SQL's like; "", which no division is like, for everybody else.
func (a Actor) Area() string {
	switch {
	case a.Has(RegionOfficer):
		return "%"
	case a.Has(LeagueOfficer) && len(a.Division) == 6:
		return a.Division[:4] + "%"
	}
	return ""
}

// Staff reports whether the actor works at a registration point's desk.
func (a Actor) Staff() bool { return a.Has(Registrar, Reviewer, PointHead, Expert) }
