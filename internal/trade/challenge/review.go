package challenge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/expert"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/notice"
)

// startReview draws the panel: five experts without a post or share in a unit that asks or applied. The number that seeds the draw is the
// digest of all sealed papers, which nobody knew before the deadline.
func (s *Service) startReview(ctx context.Context, b *bench) error {
	eligible := b.in(AppEligible)
	if len(eligible) == 0 {
		b.c.State, b.c.Reason = Void, "没有合格的申请，流榜"
		return nil
	}
	from, err := s.config.Experts(ctx, b.c.Sample)
	if err != nil {
		return err
	}
	ids := []int64{b.c.OrgID}
	beacon := sha256.New()
	for _, a := range b.apps {
		if a.State != AppWithdrawn {
			ids = append(ids, a.OrgID)
			beacon.Write([]byte(a.Digest))
		}
	}
	orgs, err := s.config.Organisations.Organisations(ctx, ids)
	if err != nil {
		return err
	}
	in := expert.Case{ID: fmt.Sprintf("challenge %d/%d", b.c.ID, b.c.Round), Beacon: hex.EncodeToString(beacon.Sum(nil)),
		On: clock.Date(b.now), Count: panelSize, Reserves: panelSize, Years: 2}
	for _, id := range ids {
		in.Parties = append(in.Parties, orgs[id].Name)
	}
	d := Draw{Case: in, From: from, Record: expert.Draw(in, from)}
	if d.Record.TooSmall {
		return conflict("pool_too_small", "没有利益冲突的专家不足 5 位，请先补充专家库")
	}
	b.c.Draw = &d
	b.detail = map[string]any{"seed": d.Record.Seed, "taken": d.Record.Taken}
	for _, id := range d.Record.Taken {
		if err := b.call(ctx, Member{AccountID: id, State: Active}); err != nil {
			return err
		}
	}
	return s.tell(ctx, b, d.Record.Taken, "请评审榜单")
}

func (b *bench) call(ctx context.Context, m Member) error {
	_, err := b.tx.Exec(ctx, upsertMember, pgx.StrictNamedArgs{"id": b.c.ID, "account": m.AccountID, "state": m.State, "reason": m.Reason,
		"now": b.now})
	return err
}

// replace lets a member go and calls the next reserve of the draw. His sheets no longer count, for no application; the ranking before is
// kept with the event.
func (b *bench) replace(ctx context.Context, c Command) error {
	i := slices.IndexFunc(b.members, func(m Member) bool { return m.AccountID == c.Account && m.State == Active })
	if i < 0 {
		return fault.New(fault.NotFound, "member_not_found", "评审组里没有这位专家，请从评审组名单中选择")
	}
	var called []int64
	for _, m := range b.members {
		called = append(called, m.AccountID)
	}
	next := b.c.Draw.Record.Replace(called)
	if next == 0 {
		return conflict("no_reserve", "抽签的候补专家已经用完，不能再替换")
	}
	b.detail = map[string]any{"before": b.ranking(), "out": c.Account, "in": next}
	state := Left
	if c.Conflict {
		state = Conflict
	}
	if err := b.call(ctx, Member{AccountID: c.Account, State: state, Reason: c.Reason}); err != nil {
		return err
	}
	return b.call(ctx, Member{AccountID: next, State: Active})
}

// ranking is the ranking by the locked sheets of those at work.
func (b *bench) ranking() []Ranked {
	var all []Scored
	for i, a := range b.apps {
		if a.Content == nil || !slices.Contains([]AppState{AppEligible, AppChosen, AppReserve, AppNotChosen, AppContracted, AppDeclined,
			AppEliminated, AppAccepted, AppEnded}, a.State) {
			continue
		}
		x := Scored{Application: a.ID, Ask: a.Content.Ask, Arrived: int64(i)}
		for _, m := range b.panel() {
			if s := b.sheet(a.ID, m.AccountID); s != nil && s.LockedAt != nil {
				x.Sheets = append(x.Sheets, s.Scores)
			}
		}
		all = append(all, x)
	}
	return Rank(b.c.Content.Criteria, b.c.Content.PassMark, all)
}

// ScoreSheet is one expert's sheet of one application as it is handed in.
type ScoreSheet struct {
	Application int64  `json:"applicationId"`
	Scores      []int  `json:"scores"`
	Note        string `json:"note"`
	Lock        bool   `json:"lock"`
}

// Score keeps a sheet; a locked one never changes, and nobody sees another's before all are locked. Who: members of the panel.
// Faults: Forbidden, Conflict locked, Invalid.
func (s *Service) Score(ctx context.Context, who actor.Actor, id int64, in ScoreSheet) error {
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(b.panel(), func(m Member) bool { return m.AccountID == who.AccountID }) {
			if !published(b.c) {
				return errNotFound
			}
			return fault.New(fault.Forbidden, "not_panel", "只有抽中的评审专家可以评分")
		}
		a, err := b.app(in.Application)
		if err != nil {
			return err
		}
		old := b.sheet(a.ID, who.AccountID)
		switch {
		case b.c.State != Reviewing || a.State != AppEligible:
			return conflict("wrong_state", "现在不能评分，请刷新页面")
		case old != nil && old.LockedAt != nil:
			return conflict("locked", "评分表已经锁定，不能再改")
		}
		var f fault.Fields
		f.Check(len(in.Scores) == len(b.c.Content.Criteria), "scores", "missing", "请为每个评分项打分")
		for i, x := range in.Scores {
			f.Check(x >= 0 && x <= 100, fmt.Sprintf("scores.%d", i), "range", "得分应为 0—100")
		}
		f.Check(!in.Lock || len([]rune(strings.TrimSpace(in.Note))) >= 4, "note", "missing", "锁定前请写明理由（至少 4 个字）")
		if err := f.Err(); err != nil {
			return err
		}
		sheet := Sheet{ApplicationID: a.ID, AccountID: who.AccountID, Scores: in.Scores, Note: strings.TrimSpace(in.Note)}
		if in.Lock {
			raw, err := json.Marshal(sheet)
			if err != nil {
				return err
			}
			sheet.LockedAt, sheet.Digest = &b.now, digest(raw)
		}
		if _, err := tx.Exec(ctx, upsertSheet, pgx.StrictNamedArgs{"application": a.ID, "account": who.AccountID, "scores": sheet.Scores,
			"note": sheet.Note, "now": b.now, "locked": sheet.LockedAt, "digest": sheet.Digest}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "challenge.score", id, map[string]any{"locked": in.Lock, "digest": sheet.Digest})
	})
	if err != nil {
		return fmt.Errorf("challenge: score: %w", err)
	}
	return nil
}

// decide takes the asker's choice; with public money it waits for the department.
func (s *Service) decide(ctx context.Context, b *bench, who actor.Actor, c Command) error {
	d := Decision{Winners: c.Winners, Losers: c.Losers, Reason: c.Reason, By: who.AccountID}
	eligible := b.in(AppEligible)
	most := 1
	if b.c.Mode == Horses && b.c.Choice != ChooseSingle {
		most = b.c.Content.MaxTeams
	}
	var f fault.Fields
	f.Checkf(len(d.Winners) >= 1 && len(d.Winners) <= most, "winners", "count", "请选择中选的申请，最多 %d 份", most)
	f.Check(most == 1 || len(d.Winners) >= minTeams, "winners", "few", "赛马至少选 2 队；只选 1 队的请改为单独揭榜")
	ranking := b.ranking()
	for i, id := range d.Winners {
		f.Check(slices.ContainsFunc(eligible, func(a Application) bool { return a.ID == id }) && slices.Index(d.Winners, id) == i, "winners",
			"unknown", "中选的须是合格的申请，每份只选一次")
		outside := !slices.ContainsFunc(
			ranking[:min(len(d.Winners), len(ranking))],
			func(r Ranked) bool { return r.Application == id && r.Passed },
		)
		f.Check(!outside || len([]rune(d.Reason)) >= 20, "reason", "missing", "没有按排名选择，或中选者没有达到合格线：请写明理由（至少 20 个字），会公开")
	}
	checkLosers(&f, eligible, d.Winners, d.Losers)
	if err := f.Err(); err != nil {
		return err
	}
	b.detail = map[string]any{"winners": d.Winners, "ranking": ranking}
	if b.c.Content.Public() {
		b.c.Decision = &d
		return nil
	}
	return s.award(ctx, b, EventDecide, d)
}

// checkLosers wants a coded reason for everybody who was not chosen.
func checkLosers(f *fault.Fields, eligible []Application, winners []int64, losers []Loss) {
	for _, a := range eligible {
		if slices.Contains(winners, a.ID) {
			continue
		}
		i := slices.IndexFunc(losers, func(l Loss) bool { return l.Application == a.ID })
		at := fmt.Sprintf("losers.%d", a.ID)
		known := i >= 0 && slices.ContainsFunc(LossReasons(), func(r LossReason) bool { return r.Code == losers[i].Code })
		f.Check(known, at, "missing", "每个未中选的单位都要给出原因")
		f.Check(!known || losers[i].Code != "other" || len([]rune(losers[i].Text)) >= 4, at, "text", "选择“其他”的请写明原因")
	}
}

// award puts a decision into effect and makes it public.
func (s *Service) award(ctx context.Context, b *bench, on Event, d Decision) error {
	ranking := b.ranking()
	for i := range b.apps {
		a := &b.apps[i]
		if a.State != AppEligible {
			continue
		}
		to := AppNotChosen
		for _, l := range d.Losers {
			if l.Application == a.ID {
				a.Loss, a.Feedback = l.Code, strings.TrimSpace(l.Text)
			}
		}
		switch {
		case slices.Contains(d.Winners, a.ID):
			to, a.Loss, a.Feedback = AppChosen, "", ""
		case slices.ContainsFunc(ranking, func(r Ranked) bool { return r.Application == a.ID && r.Passed }):
			to = AppReserve
		}
		if err := b.become(ctx, a, on, to); err != nil {
			return err
		}
	}
	b.c.Decision = &d
	return s.announce(ctx, b)
}

// announce begins the notice of the winners.
func (s *Service) announce(ctx context.Context, b *bench) error {
	chosen := b.in(AppChosen)
	var ids []int64
	for _, a := range chosen {
		ids = append(ids, a.OrgID)
	}
	orgs, err := s.config.Organisations.Organisations(ctx, ids)
	if err != nil {
		return err
	}
	var names, lines []string
	for _, r := range b.ranking() {
		for _, a := range chosen {
			if a.ID == r.Application {
				names = append(names, orgs[a.OrgID].Name)
				lines = append(lines, fmt.Sprintf("%s，得分 %d.%02d，申请金额 %s 元",
					orgs[a.OrgID].Name, r.Score/100, r.Score%100, a.Content.Ask.Grouped()))
			}
		}
	}
	body := "揭榜结果：" + strings.Join(lines, "；") + fmt.Sprintf("。榜金合计 %s 元，按 %d 个节点检测后拨付。",
		b.c.Purse.Grouped(), len(b.c.Content.Nodes))
	if b.c.Decision.Reason != "" {
		body += "选择的理由：" + b.c.Decision.Reason
	}
	party := []rune(strings.Join(names, "、"))
	title := []rune("揭榜中选：" + b.c.Title)
	b.c.State = Noticing
	b.c.NoticeID, err = s.config.Public.Announce(ctx, b.tx, notice.By{Org: b.c.OrgID, Account: b.c.Decision.By, Sample: b.c.Sample},
		notice.Text{Use: notice.Winner, Title: string(title[:min(len(title), 80)]), Body: body, Party: string(party[:min(len(party), 80)])})
	return err
}

func (b *bench) noneFit(ctx context.Context, c Command) error {
	var f fault.Fields
	checkLosers(&f, b.in(AppEligible), nil, c.Losers)
	if err := f.Err(); err != nil {
		return err
	}
	for i := range b.apps {
		a := &b.apps[i]
		for _, l := range c.Losers {
			if a.State == AppEligible && l.Application == a.ID {
				a.Loss, a.Feedback = l.Code, strings.TrimSpace(l.Text)
				if err := b.become(ctx, a, EventNoneFit, AppNotChosen); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// undecide takes a decision back whose notice was void or withdrawn.
func (b *bench) undecide(ctx context.Context) error {
	b.c.Decision, b.c.NoticeID = nil, 0
	for i := range b.apps {
		a := &b.apps[i]
		if slices.Contains([]AppState{AppChosen, AppReserve, AppNotChosen}, a.State) {
			a.Loss, a.Feedback = "", ""
			if err := b.become(ctx, a, EventNoticeOff, AppEligible); err != nil {
				return err
			}
		}
	}
	return nil
}

// contract opens a talk with every winner; the contract follows from its terms.
func (s *Service) contract(ctx context.Context, b *bench) error {
	b.c.ContractingAt = &b.now
	for i := range b.apps {
		a := &b.apps[i]
		if a.State != AppChosen || a.DealID != 0 {
			continue
		}
		id, err := s.config.Deals.Award(ctx, b.tx, deal.Award{DemandListing: b.c.Listing, DemandOrg: b.c.OrgID, DemandAccount: b.c.CreatedBy,
			SupplyOrg: a.OrgID, SupplyAccount: a.AccountID, Subject: b.c.Title, Sample: b.c.Sample, At: b.now})
		if err != nil {
			return err
		}
		a.DealID = id
		if err := a.store(ctx, b.tx, b.now); err != nil {
			return err
		}
	}
	return nil
}

// sign tells that a winner's terms are agreed. With the last one the work begins, and the reserves are free.
func (s *Service) sign(ctx context.Context, b *bench, c Command) error {
	a, err := b.app(c.Application)
	if err != nil {
		return err
	}
	agreed, err := s.config.Deals.HasAgreed(ctx, b.tx, a.DealID)
	switch {
	case err != nil:
		return err
	case !agreed:
		return conflict("no_agreement", "双方还没有在洽谈里达成条款，达成后再确认签约")
	}
	if err := b.become(ctx, a, EventSign, AppContracted); err != nil {
		return err
	}
	b.detail = map[string]any{"application": a.ID}
	if len(b.in(AppChosen)) == 0 {
		return b.run(ctx)
	}
	return nil
}

func (b *bench) run(ctx context.Context) error {
	b.c.State = Running
	for i := range b.apps {
		if b.apps[i].State == AppReserve {
			if err := b.become(ctx, &b.apps[i], EventSign, AppNotChosen); err != nil {
				return err
			}
		}
	}
	return nil
}

// declined lets one winner go, or all who did not sign in time. Those who signed go on; without any the best reserve is made public.
func (s *Service) declined(ctx context.Context, b *bench, who actor.Actor, on Event) error {
	for i := range b.apps {
		a := &b.apps[i]
		if a.State == AppChosen && (on == EventLapse || who.In(a.OrgID)) {
			if err := b.become(ctx, a, on, AppDeclined); err != nil {
				return err
			}
		}
	}
	switch {
	case len(b.in(AppChosen)) > 0:
		return nil
	case len(b.in(AppContracted)) > 0:
		return b.run(ctx)
	}
	for _, r := range b.ranking() {
		a, err := b.app(r.Application)
		if err != nil {
			return err
		}
		if a.State == AppReserve {
			if err := b.become(ctx, a, on, AppChosen); err != nil {
				return err
			}
			return s.announce(ctx, b)
		}
	}
	b.c.State = Void
	return nil
}
