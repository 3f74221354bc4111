package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Part is what a person is in one case; an Actor's roles, organisation and area decide it.
type Part string

// The parts.
const (
	Applicant  Part = "applicant"  // 卖方经办人 (import: 买方): member of the applying organisation
	Registrar  Part = "registrar"  // 登记员 of the point
	Reviewer   Part = "reviewer"   // 复核员 of the point
	Expert     Part = "expert"     // 专家 of the point, or of the league's or region's department, assigned to the case
	Head       Part = "head"       // 登记点负责人
	Supervisor Part = "supervisor" // 盟市、自治区管理员 of the area
	TaxReader  Part = "tax_reader" // 税务、财政 of the area
	System     Part = "system"     // consequence of another event
	Party      Part = "party"      // reads only: the other side of the contract, or a seller beside the applicant
)

// Roles maps a part to the roles that can play it.
func (p Part) Roles() []actor.Role {
	switch p {
	case Applicant:
		return []actor.Role{actor.Member, actor.OrgAdmin}
	case Registrar:
		return []actor.Role{actor.Registrar}
	case Reviewer:
		return []actor.Role{actor.Reviewer}
	case Expert:
		return []actor.Role{actor.Expert}
	case Head:
		return []actor.Role{actor.PointHead}
	case Supervisor:
		return []actor.Role{actor.LeagueOfficer, actor.RegionOfficer}
	case TaxReader:
		return []actor.Role{actor.TaxReader}
	default:
		return nil
	}
}

// Stand says which parts the actor's roles, organisation and area give in a case of that point and applicant.
// Experts stand in no case by their role: see standing.
func Stand(a actor.Actor, applicantOrg int64, parties []int64, p point.Point) []Part {
	var parts []Part
	add := func(part Part, ok bool) {
		if ok && a.Has(part.Roles()...) {
			parts = append(parts, part)
		}
	}
	host := a.In(p.OrganisationID)
	add(Applicant, a.In(applicantOrg))
	add(Registrar, host)
	add(Reviewer, host)
	if host && p.SecondReview == point.ReviewerOrHead && a.Has(actor.PointHead) && !a.Has(actor.Reviewer) {
		parts = append(parts, Reviewer)
	}
	add(Head, host)
	add(Supervisor, a.Covers(p.Division))
	add(TaxReader, above(a.Division, p.Division))
	if slices.ContainsFunc(parties, a.In) && a.Has(Applicant.Roles()...) {
		parts = append(parts, Party)
	}
	return parts
}

// parties are the organisations that read a case as a side of its contract.
func (s *Service) parties(ctx context.Context, q postgres.Querier, a actor.Actor, contract, seller, buyer int64) ([]int64, error) {
	if !a.Has(Applicant.Roles()...) {
		return nil, nil // whatever the sides are, this person is none of them
	}
	beside, err := s.config.Contracts.CoSellers(ctx, q, contract)
	return append(beside, seller, buyer), err
}

// standing is Stand for a filing, where an expert whom the head assigned reads too.
func (s *Service) standing(ctx context.Context, q postgres.Querier, a actor.Actor, f Filing, p point.Point) ([]Part, error) {
	parties, err := s.parties(ctx, q, a, f.ContractID, f.SellerOrg, f.BuyerOrg)
	if err != nil {
		return nil, err
	}
	parts := Stand(a, f.ApplicantOrg, parties, p)
	if !a.Has(actor.Expert) {
		return parts, nil
	}
	var held Part
	err = q.QueryRow(ctx, selectPart, pgx.StrictNamedArgs{"filing": f.ID, "account": a.AccountID}).Scan(&held)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	if held == Expert {
		parts = append(parts, Expert)
	}
	return parts, nil
}

// desk reports whether one of the parts may read internal notes.
func desk(parts []Part) bool {
	return slices.ContainsFunc(parts, func(p Part) bool {
		return p == Registrar || p == Reviewer || p == Expert || p == Head || p == Supervisor
	})
}

// above reports whether the division is the other's own, its league or the region.
func above(area, division string) bool {
	return len(area) == 6 && (area == division || (area[4:] == "00" && (area[2:4] == "00" || area[:4] == division[:4])))
}

// play notes that the person plays the part in the case, or refuses where the person already plays another one.
// The head may also have been registrar (docs/rules/registration.md §3 asks only applicant ≠ registrar ≠ reviewer), never reviewer.
func play(ctx context.Context, tx pgx.Tx, filing, account int64, part Part) error {
	if !slices.Contains([]Part{Applicant, Registrar, Reviewer, Expert, Head}, part) {
		return nil
	}
	args := pgx.StrictNamedArgs{"filing": filing, "account": account}
	var held Part
	err := tx.QueryRow(ctx, selectPart, args).Scan(&held)
	if errors.Is(err, pgx.ErrNoRows) {
		args["part"] = part
		_, err = tx.Exec(ctx, insertPart, args)
		return err
	}
	if err != nil {
		return err
	}
	if fits(held, part) {
		return nil
	}
	return fault.New(fault.Forbidden, "part_taken", "您已办理过本件的另一步，这一步请由其他人员办理").With(held, part)
}

// fits reports whether somebody who holds a part (or none) in a case may play the other one there.
func fits(held, part Part) bool {
	switch part {
	case Head:
		return held != Applicant && held != Reviewer
	case Applicant, Registrar, Reviewer, Expert:
		return held == "" || held == part
	default:
		return true
	}
}
