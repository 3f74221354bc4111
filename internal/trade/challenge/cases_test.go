package challenge

import (
	"slices"
	"strings"
	"testing"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/trade/notice"
)

// The acceptance cases of trade that concern challenges, through the service.

func TestT16_ARaceWithOneEligibleTeamIsExtendedOnceOrRunsSingle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := func() int64 {
		id := w.opened(t, raceEntry(30))
		for i := range 2 {
			_, err := w.File(t.Context(), w.teams[i], id, paper(yuan))
			check(t, err)
		}
		w.close(t, id)
		w.unseal(t, id)
		for i, a := range w.read(t, w.desk, id).Applications {
			w.do(t, w.desk, Command{Challenge: id, Event: EventScreen, Application: a.ID, Fit: i == 0, Reason: "不在本区"})
		}
		_, err := w.Do(t.Context(), w.desk, Command{Challenge: id, Event: EventReview})
		refused(t, err, "too_few")
		return id
	}
	id := one()
	w.do(t, w.asker, Command{Challenge: id, Event: EventExtend, Reason: "再等一等别的团队"})
	w.publish(t, id)
	until := w.read(t, w.desk, id).Challenge.ApplyUntil
	if d := fact.DayOf(*until) - fact.DayOf(time.Now()); d < extendDays {
		t.Errorf("extended by %d days", d)
	}
	_, err := w.File(t.Context(), w.teams[2], id, paper(yuan))
	check(t, err)
	w.close(t, id)
	w.unseal(t, id)
	v := w.read(t, w.desk, id)
	if i := slices.IndexFunc(v.Applications, func(a Application) bool { return a.State == AppOpened }); i < 0 || len(v.Applications) != 3 {
		t.Fatalf("%+v", v.Applications)
	} else {
		w.do(t, w.desk, Command{Challenge: id, Event: EventScreen, Application: v.Applications[i].ID, Reason: "不在本区"})
	}
	_, err = w.Do(t.Context(), w.asker, Command{Challenge: id, Event: EventExtend, Reason: "再延一次"})
	refused(t, err, "extended")
	w.do(t, w.asker, Command{Challenge: id, Event: EventSingle, Reason: "一支队伍也做"})
	if c := w.do(t, w.desk, Command{Challenge: id, Event: EventReview}).Challenge; c.State != Reviewing {
		t.Errorf("single: %s", c.State)
	}
}

func TestT16_WithoutAnEligibleApplicationItIsVoidAndPublic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none := w.opened(t, entry(30))
	w.close(t, none)
	if c := w.unseal(t, none); c.State != Void || c.Reason != noneCame {
		t.Errorf("%+v", c)
	}
	id := w.opened(t, entry(30)) // the need may be put out again
	_, err := w.File(t.Context(), w.teams[0], id, paper(yuan))
	check(t, err)
	w.close(t, id)
	w.unseal(t, id)
	app := w.read(t, w.desk, id).Applications[0].ID
	_, err = w.Do(t.Context(), w.desk, Command{Challenge: id, Event: EventScreen, Application: app})
	refused(t, err, "invalid_input")
	w.do(t, w.desk, Command{Challenge: id, Event: EventScreen, Application: app, Reason: "不在本区注册"})
	if c := w.do(t, w.desk, Command{Challenge: id, Event: EventReview}).Challenge; c.State != Void || c.EndedAt == nil {
		t.Errorf("%+v", c)
	}
	if v := w.read(t, actor.Guest(), id); v.Challenge.Reason == "" {
		t.Error("the end has no reason in public")
	}
}

func TestT18_ALateUploadIsRefusedAndTheVersionBeforeCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.opened(t, entry(30))
	first, err := w.File(t.Context(), w.teams[0], id, paper(yuan))
	check(t, err)
	second, err := w.File(t.Context(), w.teams[0], id, paper(2*yuan))
	check(t, err)
	w.exec(t, `update challenge set apply_until = clock_timestamp() - interval '1 second' where id = $1`, id)
	_, err = w.File(t.Context(), w.teams[0], id, paper(3*yuan))
	refused(t, err, "late")
	if !strings.Contains(fault.Words(err), "仍然有效") {
		t.Errorf("words: %s", fault.Words(err))
	}
	refused(t, w.TakeBack(t.Context(), w.teams[0], id), "late")
	w.close(t, id)
	w.unseal(t, id)
	a := w.read(t, w.teams[0], id).Mine
	if first.Version != 1 || second.Version != 2 || a.Version != 2 || a.Content.Ask != 2*yuan || a.Digest != second.Digest {
		t.Errorf("%+v", a)
	}
}

func TestT19_AConflictFoundLaterVoidsTheMembersSheetsAndTheReplacementScoresAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.reviewing(t, entry(30), 2)
	w.score(t, id)
	before := w.read(t, w.desk, id)
	gone := before.Panel[0].AccountID
	w.do(t, w.desk, Command{Challenge: id, Event: EventReplace, Account: gone, Conflict: true, Reason: "与申请单位同属一家"})
	v := w.read(t, w.desk, id)
	if len(v.Panel) != panelSize+1 || v.Ranking != nil {
		t.Fatalf("panel %d, ranking %v", len(v.Panel), v.Ranking)
	}
	_, err := w.Do(t.Context(), w.asker, Command{Challenge: id, Event: EventDecide, Winners: []int64{1}})
	refused(t, err, "panel_open")
	refused(t, w.Score(t.Context(), w.expert(gone), id, ScoreSheet{Application: v.Applications[0].ID}), "not_panel")
	w.score(t, id)
	after := w.read(t, w.desk, id)
	if len(after.Ranking) != 2 || len(after.Sheets) != 2*(panelSize+1) {
		t.Errorf("ranking %v, sheets %d", after.Ranking, len(after.Sheets))
	}
	var kept int
	check(
		t,
		w.db.QueryRow(t.Context(), `select jsonb_array_length(detail -> 'before') from challenge_event where event = 'replace'`).Scan(&kept),
	)
	if kept != 2 {
		t.Errorf("the ranking before was not kept: %d", kept)
	}
}

func TestSheetsAreHiddenUntilAllAreLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.reviewing(t, entry(30), 2)
	v := w.read(t, w.desk, id)
	first, second := w.expert(v.Panel[0].AccountID), w.expert(v.Panel[1].AccountID)
	sheet := ScoreSheet{v.Applications[0].ID, []int{70, 60}, "样例理由", true}
	check(t, w.Score(t.Context(), first, id, sheet))
	refused(t, w.Score(t.Context(), first, id, sheet), "locked")
	for _, who := range []actor.Actor{second, w.asker, w.desk, w.teams[0]} {
		if v := w.read(t, who, id); len(v.Sheets) != 0 || v.Ranking != nil {
			t.Errorf("%s sees sheets", who.Name)
		}
	}
	if v := w.read(t, second, id); len(v.Applications) != 2 || v.Applications[1].Content == nil {
		t.Error("the panel can't read")
	}
	if _, err := w.Paper(t.Context(), w.teams[1], id, v.Applications[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a rival reads: %v", err)
	}
	refused(t, w.Score(t.Context(), w.asker, id, sheet), "not_panel")
}

func TestThePanelIsDrawnWithoutConflictsAndCanBeDrawnAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.experts[0].OrgID, w.experts[1].OrgID = w.teams[0].OrgID, w.asker.OrgID
	id := w.reviewing(t, entry(30), 2)
	c, err := one(t.Context(), w.db, selectChallenge, id)
	check(t, err)
	for _, m := range w.read(t, w.desk, id).Panel {
		if m.AccountID == w.experts[0].AccountID || m.AccountID == w.experts[1].AccountID {
			t.Error("an expert of a party was drawn")
		}
	}
	if len(c.Draw.Record.Taken) != panelSize || len(c.Draw.Record.Out) != 2 || c.Draw.Case.Beacon == "" {
		t.Errorf("%+v", c.Draw.Record)
	}
}

func TestT21_ARaceEliminatesByItsRuleAndNeverPaysMoreThanThePurse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, won := w.running(t, raceEntry(30), 2, 2)
	step := func(app int64, c Command) error {
		c.Challenge, c.Application = id, app
		_, err := w.Do(t.Context(), w.asker, c)
		return err
	}
	check(t, step(won[0], Command{Event: EventMeasure, Node: 1, Score: 80}))
	check(t, step(won[1], Command{Event: EventMeasure, Node: 1, Score: 71}))
	for _, app := range won {
		check(t, step(app, Command{Event: EventPay, Node: 1, Amount: 200_000 * yuan, Voucher: "样例"}))
	}
	check(t, step(won[1], Command{Event: EventMeasure, Node: 2, Score: 62}))
	if v := w.read(t, w.asker, id); v.Applications[1].State != AppEliminated && v.Applications[0].State != AppEliminated {
		t.Error("62 of 70 stays in")
	}
	check(t, step(won[0], Command{Event: EventMeasure, Node: 2, Score: 90}))
	check(t, step(won[0], Command{Event: EventPay, Node: 2, Amount: 600_000 * yuan, Voucher: "样例"}))
	refused(t, step(won[0], Command{Event: EventPay, Node: 2, Amount: 1, Voucher: "样例"}), "over_tranche")
	refused(t, step(won[1], Command{Event: EventPay, Node: 1, Amount: 1, Voucher: "样例"}), "over_tranche")
	if v := w.read(t, w.asker, id); v.Race.Paid != 1_000_000*yuan || v.Race.Left != 0 {
		t.Errorf("%+v", v.Race)
	}
}

func TestSealsNeedTwoPeopleTheirCodesAndTheDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.opened(t, entry(30))
	_, err := w.File(t.Context(), w.teams[0], id, paper(yuan))
	check(t, err)
	w.close(t, id)
	open := func(who actor.Actor, code string) error {
		_, err := w.Do(t.Context(), who, Command{Challenge: id, Event: EventUnseal, Code: code})
		return err
	}
	refused(t, open(w.asker, w.codes[SideDesk]), "invalid_input") // the other's code
	refused(t, open(w.asker, "AAAA-BBBB"), "invalid_input")
	refused(t, open(w.far, w.codes[SideDesk]), "wrong_role")
	check(t, open(w.asker, w.codes[SideAsker]))
	refused(t, open(w.asker, w.codes[SideAsker]), "already_given")
	if v := w.read(t, w.asker, id); v.Challenge.State != Opening || len(v.Applications) != 0 {
		t.Error("one code opened the seals")
	}
	check(t, open(w.desk, w.codes[SideDesk]))
	v := w.read(t, w.asker, id)
	if v.Challenge.State != Screening || !strings.Contains(v.Applications[0].Content.Plan, marker) || len(v.Files) != 1 {
		t.Errorf("%+v", v)
	}
}

func TestALostCodeEndsTheChallengeAndNothingIsOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.opened(t, entry(30))
	_, err := w.File(t.Context(), w.teams[0], id, paper(yuan))
	check(t, err)
	w.close(t, id)
	w.do(t, w.desk, Command{Challenge: id, Event: EventGiveUp, Reason: "发榜方的开封码丢失"})
	if v := w.read(t, w.desk, id); v.Challenge.State != Void || len(v.Applications) != 0 || strings.Contains(w.dump(t), marker) {
		t.Errorf("%+v", v)
	}
}

func TestADeadlineOnARestDayMovesToTheNextWorkingDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	day := fact.DayOf(time.Now()) + 30
	for i := range 8 {
		w.calendar[(day + fact.Day(i)).String()] = clock.Holiday
	}
	w.calendar[(day + 8).String()] = clock.Workday
	e := entry(30)
	id := w.opened(t, e)
	until := w.read(t, w.asker, id).Challenge.ApplyUntil.In(clock.Zone())
	if got := until.Format("2006-01-02 15:04"); got != (day+8).String()+" 17:30" {
		t.Errorf("closes %s", got)
	}
}

func TestWhatWasNeverPublishedIsSeenByItsOwnAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, err := w.Create(t.Context(), w.asker, w.need, entry(30))
	check(t, err)
	w.do(t, w.asker, Command{Challenge: id, Event: EventSubmit})
	w.do(t, w.desk, Command{Challenge: id, Event: EventApprove, Reason: "指标可测", Experts: []string{"甲", "乙", "丙"}})
	w.do(t, w.asker, Command{Challenge: id, Event: EventWithdraw, Reason: "需求有变"})
	for who, sees := range map[*actor.Actor]bool{&w.asker: true, &w.desk: true, &w.far: false, &w.teams[0]: false, {}: false} {
		list, err := w.List(t.Context(), *who, Filter{Limit: 10})
		check(t, err)
		_, err = w.Read(t.Context(), *who, id)
		if sees != (len(list) == 1) || sees != (err == nil) {
			t.Errorf("%q lists %d, reads: %v", who.Name, len(list), err)
		}
	}
}

func TestPublicMoneyWaitsForTheDepartment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := entry(30)
	e.Content.AskerFen, e.Content.RegionFen = 3_000_000*yuan, 1_000_000*yuan
	id := w.opened(t, e)
	_, err := w.File(t.Context(), w.teams[0], id, paper(yuan))
	check(t, err)
	w.close(t, id)
	w.unseal(t, id)
	app := w.read(t, w.desk, id).Applications[0].ID
	w.do(t, w.desk, Command{Challenge: id, Event: EventScreen, Application: app, Fit: true})
	w.do(t, w.desk, Command{Challenge: id, Event: EventReview})
	w.score(t, id)
	_, err = w.Do(t.Context(), w.desk, Command{Challenge: id, Event: EventConfirm})
	refused(t, err, "no_decision")
	if c := w.do(t, w.asker, Command{Challenge: id, Event: EventDecide, Winners: []int64{app}}).Challenge; c.State != Reviewing {
		t.Errorf("decided without the department: %s", c.State)
	}
	if c := w.do(t, w.desk, Command{Challenge: id, Event: EventConfirm}).Challenge; c.State != Noticing || c.NoticeID == 0 {
		t.Errorf("%s", c.State)
	}
}

func TestADecisionNeedsReasonsForLosersAndForAChoiceOutsideTheRanking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.reviewing(t, entry(30), 2)
	w.score(t, id)
	v := w.read(t, w.asker, id)
	best, second := v.Ranking[0].Application, v.Ranking[1].Application
	decide := func(winner int64, reason string, lost []Loss) error {
		_, err := w.Do(t.Context(), w.asker, Command{Challenge: id, Event: EventDecide, Winners: []int64{winner}, Losers: lost, Reason: reason})
		return err
	}
	refused(t, decide(best, "", nil), "invalid_input")
	refused(t, decide(best, "", []Loss{{second, "other", ""}}), "invalid_input")
	refused(t, decide(second, "就选它", losers(v, second)), "invalid_input")
	check(t, decide(second, "这支队伍有现成的中试线，能早半年见效，专家意见也认可。", losers(v, second)))
	refused(t, decide(best, "", losers(v, best)), "wrong_state") // sent twice
}

func TestADeclinedWinGoesToTheNextAndWithoutOneEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.reviewing(t, entry(30), 2)
	w.score(t, id)
	v := w.read(t, w.asker, id)
	best := v.Ranking[0].Application
	w.do(t, w.asker, Command{Challenge: id, Event: EventDecide, Winners: []int64{best}, Losers: losers(v, best)})
	w.pass(t, id)
	_, err := w.Do(t.Context(), w.asker, Command{Challenge: id, Event: EventSign, Application: best})
	refused(t, err, "no_agreement")
	if c := w.do(t, w.teams[0], Command{Challenge: id, Event: EventDecline, Reason: "负责人调离"}).Challenge; c.State != Noticing {
		t.Fatalf("the reserve was not called: %s", c.State)
	}
	w.pass(t, id)
	w.exec(t, `update challenge set contracting_at = now() - interval '31 days' where id = $1`, id)
	_, err = w.Tick(t.Context())
	check(t, err)
	if c := w.read(t, w.asker, id).Challenge; c.State != Void || c.EndedAt == nil {
		t.Errorf("%+v", c)
	}
}

func TestAVoidNoticeTakesTheDecisionBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.reviewing(t, entry(30), 2)
	w.score(t, id)
	v := w.read(t, w.asker, id)
	best := v.Ranking[0].Application
	number := w.do(t, w.asker, Command{Challenge: id, Event: EventDecide, Winners: []int64{best}, Losers: losers(v, best)}).Challenge.NoticeID
	check(t, w.public.Do(t.Context(), w.asker, notice.Command{Notice: number, Event: notice.EventWithdraw, Reason: "评分有误"}))
	_, err := w.Tick(t.Context())
	check(t, err)
	v = w.read(t, w.asker, id)
	if v.Challenge.State != Reviewing || v.Applications[0].State != AppEligible || v.Applications[1].Loss != "" {
		t.Errorf("%+v", v)
	}
}

func TestAnEntryIsRefusedByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Entry)
		path   string
	}{
		"purse below the nodes":    {func(e *Entry) { e.Content.AskerFen-- }, "nodes.0.tranche"},
		"purse above the nodes":    {func(e *Entry) { e.Content.RegionFen = 1 }, "nodes.0.tranche"},
		"only public money":        {func(e *Entry) { e.Content.AskerFen, e.Content.RegionFen = 0, 4_000_000*yuan }, "asker"},
		"negative money":           {func(e *Entry) { e.Content.LeagueFen = -1 }, "league"},
		"a short window":           {func(e *Entry) { e.ApplyOn = fact.DayOf(time.Now()) + 19 }, "applyOn"},
		"weights of 99":            {func(e *Entry) { e.Content.Criteria[0].Weight = 59 }, "criteria.0.weight"},
		"no targets":               {func(e *Entry) { e.Content.Targets = nil }, "targets"},
		"a target without a unit":  {func(e *Entry) { e.Content.Targets[0].Unit = "" }, "targets.0.name"},
		"nodes out of order":       {func(e *Entry) { e.Content.Nodes[1].Due = e.Content.Nodes[0].Due }, "nodes.1.due"},
		"a node for two, single":   {func(e *Entry) { e.Content.Nodes[0].Teams = 2 }, "nodes.0.teams"},
		"kinds without any":        {func(e *Entry) { e.Content.Conditions[0] = Condition{Rule: OfKind, Text: "企业"} }, "conditions.0.rule"},
		"a race without a bound":   {func(e *Entry) { e.Mode = Horses }, "maxTeams"},
		"the best of none":         {func(e *Entry) { e.Mode, e.Content.MaxTeams, e.Content.Rule = Horses, 3, KeepBest }, "rule"},
		"a field that is none":     {func(e *Entry) { e.Field = "77" }, "field"},
		"a problem in three words": {func(e *Entry) { e.Content.Problem = "不好用" }, "problem"},
	} {
		e := entry(30)
		c.change(&e)
		f := asFault(e.check(time.Now(), true))
		if f == nil || !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Path == c.path }) {
			t.Errorf("%s: %v", name, f)
		}
	}
	if err := entry(30).check(time.Now(), true); err != nil {
		t.Error(err)
	}
	if err := raceEntry(30).check(time.Now(), true); err != nil {
		t.Error(err)
	}
	if (money.Fen)(0) != entry(30).Content.Purse()-entry(30).Content.Planned() {
		t.Error("the purse is not the sum of the nodes")
	}
}

func TestAPaperThatWasTamperedWithIsBrokenAndStopsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.opened(t, entry(30))
	for i := range 2 {
		_, err := w.File(t.Context(), w.teams[i], id, paper(yuan))
		check(t, err)
	}
	w.exec(t, `update challenge_paper set sealed = set_byte(sealed, 100, 1 - get_byte(sealed, 100) % 2) where application_id = 1`)
	w.close(t, id)
	w.unseal(t, id)
	v := w.read(t, w.desk, id)
	if v.Applications[0].State != AppBroken || v.Applications[1].State != AppOpened {
		t.Errorf("%s %s", v.Applications[0].State, v.Applications[1].State)
	}
}
