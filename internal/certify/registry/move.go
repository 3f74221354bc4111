package registry

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// MoveCases takes the open cases of a suspended point to the points now competent, each with a record and a ledger row; its clock
// runs on. A case for which there is no other point stays. Region officers. Conflict "point_not_suspended".
func (s *Service) MoveCases(ctx context.Context, a actor.Actor, pointID int64) (moved, left int, err error) {
	err = s.trail.Guard(ctx, a, string(EventMove), "point", strconv.FormatInt(pointID, 10), func(ctx context.Context, tx pgx.Tx) error {
		moved, left = 0, 0
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "移交在办件由自治区管理员决定")
		}
		p, err := point.Read(ctx, tx, pointID)
		if err != nil {
			return err
		}
		if p.State != point.Suspended {
			return fault.New(fault.Conflict, "point_not_suspended", "只移交暂停受理的登记点的在办件")
		}
		open, err := postgres.Many[Filing](ctx, tx, lockOpenOfPoint, pgx.StrictNamedArgs{"point": pointID})
		if err != nil {
			return err
		}
		for _, f := range open {
			gone, err := s.moveCase(ctx, tx, a, p, f)
			if err != nil {
				return err
			}
			if gone {
				moved++
			} else {
				left++
			}
		}
		return nil
	})
	return moved, left, err
}

// moveCase takes one case from a point to the one now competent. A change stays at the original point (办法第15条).
func (s *Service) moveCase(ctx context.Context, tx pgx.Tx, a actor.Actor, from point.Point, f Filing) (moved bool, err error) {
	at := s.moment()
	v, err := s.config.Contracts.Frozen(ctx, tx, f.ContractID, f.ContractVersion)
	if err != nil {
		return false, err
	}
	to, err := point.Right(ctx, tx, f.ApplicantOrg, v.Content.Area(), f.Sample, at.today)
	if fault.Is(err, fault.NotFound) || err == nil && to.ID == from.ID || f.Kind == Change {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := s.book.Hold(ctx, tx, witness.Filing(f.IntakeNo), witness.Contract(f.ContractID)); err != nil {
		return false, err
	}
	args := pgx.StrictNamedArgs{"id": f.ID, "point": to.ID, "division": to.Division, "now": at.now}
	if _, err := tx.Exec(ctx, updateFilingPoint, args); err != nil {
		return false, err
	}
	f.PointID, f.Division = to.ID, to.Division
	w := &work{
		Command: Command{Event: EventMove},
		moment:  at,
		tx:      tx,
		who:     a,
		part:    Supervisor,
		filing:  f,
		point:   to,
		to:      f.State,
		number:  f.Number,
		note:    from.Name + "暂停受理，移交" + to.Name,
		tell:    []int64{f.Applicant},
		say:     "登记申请已移交" + to.Name,
	}
	return true, s.noteFiling(ctx, w, f.State)
}
