package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// expertsFor lists whom the head of a point may ask: the point's own experts and those of the league's and region's departments.
func (s *Service) expertsFor(ctx context.Context, p point.Point) ([]int64, error) {
	own, err := s.config.People.AccountsOf(ctx, p.OrganisationID, actor.Expert)
	if err != nil {
		return nil, err
	}
	above, err := s.config.People.ExpertsFor(ctx, p.Division)
	return append(own, above...), err
}

func (s *Service) members(ctx context.Context, accounts []int64) ([]Member, error) {
	names, err := s.config.People.Names(ctx, accounts)
	out := make([]Member, len(accounts))
	for i, id := range accounts {
		out[i] = Member{id, names[id]}
	}
	return out, err
}

func panel(ctx context.Context, q postgres.Querier, filing int64) ([]int64, error) {
	rows, _ := q.Query(ctx, selectPanel, pgx.StrictNamedArgs{"filing": filing}) // its error comes back from CollectRows
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// assignExperts names experts of the case: from then on they, and no other expert, read it. More may be added where they disagree.
func (s *Service) assignExperts(ctx context.Context, w *work) error {
	policy, _, err := s.clock(ctx, w.tx, w.filing)
	if err != nil {
		return err
	}
	assigned, err := panel(ctx, w.tx, w.filing.ID)
	if err != nil {
		return err
	}
	var bad fault.Fields
	for i, account := range w.Experts {
		if slices.Contains(assigned, account) {
			continue
		}
		if !slices.Contains(w.people, account) {
			bad.Add(fmt.Sprintf("experts.%d", i), "unknown", "只能指定本登记点或上级科技主管部门的专家")
			continue
		}
		if err := play(ctx, w.tx, w.filing.ID, account, Expert); err != nil {
			return err
		}
		assigned = append(assigned, account)
		w.tell = append(w.tell, account)
	}
	if len(assigned) < policy.Experts {
		bad.Addf("experts", "too_few", "至少指定 %d 位专家，须有 %d 位意见一致才能决定", policy.Experts, policy.Experts)
	}
	if len(w.tell) == 0 {
		bad.Add("experts", "required", "请选择还没有指定的专家")
	}
	w.note, w.inside, w.say = fmt.Sprintf("共指定 %d 位专家", len(assigned)), true, "有一件请您评审"
	return bad.Err()
}

// vote records one expert's opinion with its paper. The case moves once Policy.Experts of them agree; where all have spoken and
// do not, the head is told.
func (s *Service) vote(ctx context.Context, w *work) error {
	pass := w.Event == EventPassExperts
	var bad fault.Fields
	bad.Required("opinion", w.Text, "请填写专家意见")
	bad.Check(w.Minutes != 0, "minutesFileId", "required", "请上传专家意见文件")
	if !pass {
		checkRefusal(&bad, w.Refusal)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	if err := s.ownFile(ctx, w, "minutesFileId", w.Minutes); err != nil {
		return err
	}
	policy, _, err := s.clock(ctx, w.tx, w.filing)
	if err != nil {
		return err
	}
	assigned, err := panel(ctx, w.tx, w.filing.ID)
	if err != nil {
		return err
	}
	review := &w.filing.Review
	spoken, same := 1, 1
	for _, v := range review.Panel {
		switch {
		case v.Void:
		case v.Account == w.who.AccountID:
			return fault.New(fault.Conflict, "already_voted", "您已提交过专家意见")
		default:
			spoken++
			if v.Pass == pass {
				same++
			}
		}
	}
	review.Panel = append(review.Panel, Vote{Account: w.who.AccountID, Pass: pass, Opinion: w.Text, Minutes: w.Minutes, At: w.now})
	w.note, w.inside, w.to = w.Text, true, AwaitingExperts
	switch {
	case same < policy.Experts:
		if spoken == len(assigned) {
			w.tell, w.say = w.people, "专家意见不一致，请再指定专家"
		}
		return nil
	case !pass:
		w.inside = false
	}
	w.filing.Expert, review.Experts, review.Minutes = w.who.AccountID, w.Text, w.Minutes
	if pass {
		w.to, w.tell, w.say = AwaitingRegistration, w.people, "专家已通过，有一件待登记"
		return nil
	}
	w.to = Refused
	return s.turnDown(ctx, w)
}

// ownFile refuses at the field a paper that the person's organisation did not upload.
func (s *Service) ownFile(ctx context.Context, w *work, field string, id int64) error {
	_, err := s.config.Files.Own(ctx, w.tx, w.who.OrgID, id)
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add(field, "file_not_found", "没有找到这个文件，请重新上传")
		return bad.Err()
	}
	return err
}
