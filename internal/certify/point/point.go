// Package point owns the registration points: where they are, what their heads decide about their desks, their staff's training,
// the sequence of their 16-digit numbers and the yearly assessment of their work.
//
// What a desk does with its cases is certify/registry; the figures of a point's year come from there (Config.Year). A room that needs
// a point inside its own transaction reads it with Read. Tables: point, number_sequence, point_training, point_assessment.
package point

import (
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

// State is whether a point may work (办法第16、18–21条).
type State string

// The states of a point.
const (
	Normal     State = "normal"     // 正常
	Rectifying State = "rectifying" // 整改: goes on working, marked
	Suspended  State = "suspended"  // 暂停: accepts nothing new
)

// Kind is what a point serves.
type Kind string

// The kinds of points.
const (
	Region     Kind = "region"
	League     Kind = "league"
	County     Kind = "county"
	University Kind = "university"
	Institute  Kind = "institute"
	Zone       Kind = "zone"
)

// NumberSource is who makes a point's 16-digit numbers.
type NumberSource string

// The sources.
const (
	OwnNumbers      NumberSource = "own"      // from the point's own sequence
	NationalNumbers NumberSource = "national" // entered: made by the national system
)

// SecondReview is who may do the second review at a point. That there is one is the region's rule (docs/rules/registration.md §3).
type SecondReview string

// The choices.
const (
	ReviewerOnly   SecondReview = "reviewer"
	ReviewerOrHead SecondReview = "reviewer_or_head" // the head who did it does not register the case
)

// Point is a registration point. It is public as it stands.
type Point struct {
	ID             int64        `json:"id"`
	Name           string       `json:"name"`
	Kind           Kind         `json:"kind"`
	OrganisationID int64        `json:"organisationId"` // the host; its members with desk roles are the staff
	Division       string       `json:"division"`       // the area it serves
	ServesOrg      int64        `json:"servesOrgId"`    // university and institute points: the organisation it serves
	Region4        string       `json:"region4"`        // digits 5–8 of its numbers
	Code2          string       `json:"code2"`          // digits 9–10 of its numbers
	State          State        `json:"state"`
	Address        string       `json:"address"`
	Phone          string       `json:"phone"`
	Hours          string       `json:"hours"`
	NumberSource   NumberSource `json:"numberSource"`
	SecondReview   SecondReview `json:"secondReview"`
	ExpertsFrom    money.Fen    `json:"expertsFromFen"` // T from which experts review; 0: the policy's large amount
	AuthorisedFrom time.Time    `json:"authorisedFrom" format:"date"`
	AuthorisedTo   *time.Time   `json:"authorisedTo" format:"date"` // nil: no end
	Sample         bool         `json:"sample"`
	Version        int          `json:"version"`
}

// Input is what a region officer says about a point.
type Input struct {
	ID             int64  `json:"id"` // 0: a new point
	Version        int    `json:"version"`
	Name           string `json:"name"`
	Kind           Kind   `json:"kind"`
	OrganisationID int64  `json:"organisationId"`
	Division       string `json:"division"`
	ServesOrg      int64  `json:"servesOrgId"`
	Code2          string `json:"code2"` // two digits: 9–10 of its numbers
	Address        string `json:"address"`
	Phone          string `json:"phone"`
	Hours          string `json:"hours"`
	AuthorisedFrom string `json:"authorisedFrom" format:"date"` // 2006-01-02
	AuthorisedTo   string `json:"authorisedTo" format:"date"`
}

// Settings is what the head of a point decides about it.
type Settings struct {
	Version      int          `json:"version"`
	NumberSource NumberSource `json:"numberSource" required:"true" enum:"own,national"`
	SecondReview SecondReview `json:"secondReview" required:"true" enum:"reviewer,reviewer_or_head"`
	ExpertsFrom  money.Fen    `json:"expertsFromFen" minimum:"0"` // at most the policy's large amount; 0: that amount
	Address      string       `json:"address"`
	Phone        string       `json:"phone"`
	Hours        string       `json:"hours"`
}

func (p Point) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"name": p.Name, "kind": p.Kind, "org": p.OrganisationID, "division": p.Division, "serves": p.ServesOrg,
		"region4": p.Region4, "code2": p.Code2, "address": p.Address, "phone": p.Phone, "hours": p.Hours,
		"from": p.AuthorisedFrom, "to": p.AuthorisedTo}
}

func (in Input) point() (Point, error) {
	var f fault.Fields
	f.Required("name", in.Name, "请填写登记点名称")
	f.Check(in.OrganisationID != 0, "organisationId", "required", "请选择主办单位")
	d, known := region.Get(in.Division)
	f.Check(known, "division", "unknown", "请选择内蒙古的盟市或旗县")
	kinds := []Kind{Region, League, County, University, Institute, Zone}
	f.Check(slices.Contains(kinds, in.Kind), "kind", "unknown", "请选择登记点类别")
	if own := in.Kind == University || in.Kind == Institute; own {
		f.Check(in.ServesOrg != 0, "servesOrgId", "required", "高校、院所登记点须选择所服务的单位")
	} else {
		f.Check(in.ServesOrg == 0, "servesOrgId", "not_empty", "只有高校、院所登记点服务单一单位")
	}
	_, err := strconv.ParseUint(in.Code2, 10, 8)
	f.Check(err == nil && len(in.Code2) == 2, "code2", "format", "登记点代码是两位数字，如 03")
	from, err := time.Parse(time.DateOnly, in.AuthorisedFrom)
	f.Check(err == nil, "authorisedFrom", "format", "请填写授权起始日期，如 2026-01-01")
	f.Check(codes.IsPhone(in.Phone), "phone", "format", "电话"+codes.PhoneMend)
	p := Point{
		Name:           in.Name,
		Kind:           in.Kind,
		OrganisationID: in.OrganisationID,
		Division:       in.Division,
		ServesOrg:      in.ServesOrg,
		Code2:          in.Code2,
		Address:        in.Address,
		Phone:          codes.TidyPhone(in.Phone),
		Hours:          in.Hours,
		AuthorisedFrom: from,
	}
	if in.AuthorisedTo != "" {
		to, err := time.Parse(time.DateOnly, in.AuthorisedTo)
		f.Check(err == nil && !to.Before(from), "authorisedTo", "format", "授权截止日期应不早于起始日期")
		p.AuthorisedTo = &to
	}
	if known {
		p.Region4 = d.Code[:4]
	}
	return p, f.Err()
}

// ExpertLimit is the T from which a case of the point goes to the experts: its own amount, never above the policy's.
func (p Point) ExpertLimit(policy deadline.Policy) money.Fen {
	if p.ExpertsFrom > 0 {
		return min(p.ExpertsFrom, policy.LargeAmount)
	}
	return policy.LargeAmount
}
