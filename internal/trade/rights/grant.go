package rights

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
)

// GrantKind says what the holders of an achievement agree on.
type GrantKind string

// The kinds.
const (
	Joint     GrantKind = "joint"     // 权属登记: who holds it now, by law or contract
	Ownership GrantKind = "ownership" // 赋予所有权
	Licence   GrantKind = "licence"   // 赋予长期使用权
)

// minYears is the least term of a licence of the team (赋予科研人员职务科技成果所有权或长期使用权试点实施方案, 2020: 不低于 10 年).
const (
	minYears = 10
	maxYears = 50
)

// Bases of a share.
const (
	BasisService   = "service"   // 职务科技成果，归单位
	BasisAgreement = "agreement" // 合同约定
	BasisGrant     = "grant"     // 本次赋权
	BasisTransfer  = "transfer"  // 受让
)

// GrantStage is where a grant stands.
type GrantStage string

// The stages.
const (
	GrantDraft      GrantStage = "draft"
	GrantConsenting GrantStage = "consenting" // each holder consents
	GrantChecking   GrantStage = "checking"
	GrantNoticing   GrantStage = "noticing"
	GrantApproved   GrantStage = "approved"
	GrantAgreed     GrantStage = "agreed" // 已签协议
	GrantActive     GrantStage = "active"
	GrantEnded      GrantStage = "ended"
	GrantWithdrawn  GrantStage = "withdrawn"
)

// Events of a grant beside those of a plan.
const (
	EventConsent  Event = "consent"
	EventPaper    Event = "paper_consent" // of a holder without an account
	EventRefuse   Event = "refuse"
	EventCheck    Event = "check"
	EventReturn   Event = "return"
	EventApprove  Event = "approve"
	EventAgree    Event = "agree"
	EventRegister Event = "register"
	EventEnd      Event = "end"
)

// RoleHolder is whoever holds a share: the person, or an administrator of the unit.
const RoleHolder = "holder"

// grantMoves is the whole table of a grant:
//
//	draft      ──submit (unit; shares 100.00 %)──▶ consenting; ──withdraw (admin; reason)──▶ withdrawn
//	consenting ──consent (holder), paper_consent (unit; paper)──▶ consenting, after the last checking, for 权属登记 active
//	           ──refuse (holder; reason)──▶ draft; ──withdraw (admin; reason)──▶ withdrawn
//	checking   ──check (admin, not a holder; opinion)──▶ noticing; ──return (admin; reason)──▶ draft
//	noticing   ──approve (admin, not a holder; notice passed; decision)──▶ approved; ──notice_void (job)──▶ draft
//	approved   ──agree (admin; agreement)──▶ agreed
//	agreed     ──register (admin; proof of the new entry)──▶ active
//	active     ──end (admin; reason)──▶ ended, also when the next one of the achievement becomes active
func grantMoves() []move[GrantStage] {
	return []move[GrantStage]{
		{GrantDraft, EventSubmit, RoleUnit, "", "consenting"},
		{GrantDraft, EventWithdraw, RoleAdmin, "原因", "withdrawn"},
		{GrantConsenting, EventConsent, RoleHolder, "", "consenting checking active"},
		{GrantConsenting, EventPaper, RoleUnit, "书面同意书的名称和日期", "consenting checking active"},
		{GrantConsenting, EventRefuse, RoleHolder, "原因", "draft"},
		{GrantConsenting, EventWithdraw, RoleAdmin, "原因", "withdrawn"},
		{GrantChecking, EventCheck, RoleAdmin, "审查意见", "noticing"},
		{GrantChecking, EventReturn, RoleAdmin, "原因", "draft"},
		{GrantNoticing, EventApprove, RoleAdmin, "决定文件的名称和日期", "approved"},
		{GrantNoticing, EventNoticeOff, RoleSystem, "", "draft"},
		{GrantApproved, EventAgree, RoleAdmin, "协议编号、签订日期和团队代表", "agreed"},
		{GrantAgreed, EventRegister, RoleAdmin, "变更登记或备案的凭证", "active"},
		{GrantActive, EventEnd, RoleAdmin, "原因", "ended"},
	}
}

// Holder has a share of an achievement.
type Holder struct {
	Number      int        `json:"number"`
	OrgID       int64      `json:"organisationId"` // of a unit; 0: a person
	AccountID   int64      `json:"accountId"`      // of a person; 0: none here
	Name        string     `json:"name"`
	ShareBP     int64      `json:"shareBp"`
	Basis       string     `json:"basis"`
	Leader      bool       `json:"leader"`
	ConsentedAt *time.Time `json:"consentedAt"`
	Consent     string     `json:"consent"` // the paper, where it was given on paper
}

// GrantDraw is what a unit writes. Clear says that it is neither secret nor a key core technology, Free that no exclusive licence runs.
type GrantDraw struct {
	Kind    GrantKind `json:"kind"`
	Years   int       `json:"years"`
	Terms   string    `json:"terms"`
	Clear   bool      `json:"clear"`
	Free    bool      `json:"free"`
	Holders []Holder  `json:"holders"`
}

func (d *GrantDraw) tidy() {
	d.Terms = strings.TrimSpace(d.Terms)
	for i := range d.Holders {
		h := &d.Holders[i]
		h.Number, h.Name, h.ConsentedAt, h.Consent = i+1, strings.TrimSpace(h.Name), nil, ""
	}
}

// check names what is wrong with a grant.
func (d GrantDraw) check() error {
	var f fault.Fields
	f.Check(slices.Contains([]GrantKind{Joint, Ownership, Licence}, d.Kind), "kind", "unknown_code", "请选择权属登记、赋予所有权或赋予长期使用权")
	f.Check(d.Kind != Licence || d.Years >= minYears && d.Years <= maxYears, "years", "range", "长期使用权不少于 10 年，最多 50 年")
	f.Check(d.Kind == Licence || d.Years == 0, "years", "not_licence", "只有长期使用权填写年限，请清空")
	if n := len([]rune(d.Terms)); n < 10 || n > 4000 {
		f.Add("terms", "length", "请写明收益分配、决策和费用怎么约定（10—4000 字）")
	}
	f.Check(d.Kind == Joint || d.Clear, "clear", "secret", "涉及国家秘密、国家安全和关键核心技术的成果不能赋权，请先核对")
	f.Check(d.Kind == Joint || d.Free, "free", "exclusive", "已有独占许可的成果，许可结束之前不能赋权")
	f.Check(len(d.Holders) > 0 && len(d.Holders) <= maxMembers, "holders.0.name", "missing", "请至少写一名权利人，最多 50 名")
	var sum int64
	for i, h := range d.Holders {
		at := fmt.Sprintf("holders.%d.", i)
		n := len([]rune(h.Name))
		f.Check(n >= 2 && n <= 80, at+"name", "length", "请写明权利人的姓名或单位全称")
		f.Check(h.ShareBP > 0 && h.ShareBP <= 10_000, at+"share", "range", "份额应大于 0，不超过 100.00")
		f.Check(slices.Contains([]string{BasisService, BasisAgreement, BasisGrant, BasisTransfer}, h.Basis), at+"basis", "unknown_code", "请选择依据")
		f.Check(h.OrgID == 0 || h.AccountID == 0, at+"account", "both", "单位和个人只能选一种")
		sum += h.ShareBP
	}
	if sum != 10_000 && len(d.Holders) > 0 {
		f.Addf("holders.0.share", "sum", "各权利人份额合计应为 100.00%%，现在是 %s%%", percent(sum))
	}
	return f.Err()
}

// Grant is a stored grant.
type Grant struct {
	ID        int64      `json:"id"`
	State     GrantStage `json:"state"`
	OrgID     int64      `json:"organisationId"`
	CreatedBy int64      `json:"-"`
	Listing   int64      `json:"achievementId"`
	Object    string     `json:"object"` // title of the achievement
	Kind      GrantKind  `json:"kind"`
	Years     int        `json:"years"`
	Terms     string     `json:"terms"`
	Decision  string     `json:"decision"`
	Agreement string     `json:"agreement"`
	Proof     string     `json:"proof"`
	NoticeID  int64      `json:"noticeId"`
	Reason    string     `json:"reason"`
	Version   int        `json:"version"`
	Sample    bool       `json:"sample"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
}

// GrantStep is what happened to a grant.
type GrantStep struct {
	At        time.Time  `json:"at"`
	AccountID int64      `json:"-"`
	Event     Event      `json:"event"`
	From      GrantStage `json:"from"`
	To        GrantStage `json:"to"`
	Reason    string     `json:"reason"`
}
