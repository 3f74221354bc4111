package registry_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/files"
)

// act does one event and fails the test where it is refused.
func act(w *registrytest.World, a actor.Actor, c registry.Command) registry.Outcome {
	w.T.Helper()
	out, err := w.S.Do(context.Background(), a, c)
	registrytest.Check(w.T, err)
	return out
}

// denied does one event that must be refused with a code.
func denied(w *registrytest.World, a actor.Actor, c registry.Command, code string) {
	w.T.Helper()
	if _, err := w.S.Do(context.Background(), a, c); !fault.HasCode(err, code) {
		w.T.Errorf("%s: %v, want %s", c.Event, err, code)
	}
}

func told(w *registrytest.World, a actor.Actor, words string) {
	w.T.Helper()
	var n int
	w.Scan(&n, `select count(*) from message where account_id = $1 and title like '%' || $2 || '%'`, a.AccountID, words)
	if n == 0 {
		w.T.Errorf("nobody told %d: %s", a.AccountID, words)
	}
}

func askFor(reasons ...string) (items []registry.CorrectionItem) {
	for _, r := range reasons {
		items = append(items, registry.CorrectionItem{Text: "请补正" + r, Reason: r})
	}
	return items
}

func refusal(code string) registry.Refusal {
	return registry.Refusal{Codes: []string{code}, Articles: []string{}, Text: "没有补正"}
}

// A registrar's full round that ends in a refusal: nothing that can be mended is refused before it was asked for and its term passed.
func TestAMendableFaultIsRefusedOnlyAfterItWasAskedAndItsTermPassed(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	f := w.Submit(w.Content())
	refuse := func(code string) registry.Command {
		return registry.Command{Filing: f.ID, Event: registry.EventRefuse, Refusal: refusal(code)}
	}
	lapse := registry.Command{Filing: f.ID, Event: registry.EventLapseCorrection, Refusal: refusal("R7")}
	ask := registry.Command{Filing: f.ID, Event: registry.EventRequestCorrection, Items: askFor("R7")}
	act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	for _, code := range []string{"R3", "R5", "R7", "R8", "R9"} {
		denied(w, w.Registrar, refuse(code), "not_asked")
	}
	denied(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventRequestCorrection,
		Items: []registry.CorrectionItem{{Text: "请补正"}}}, "invalid_input")
	act(w, w.Registrar, ask)
	denied(w, w.Registrar, lapse, "correction_running")
	if k, err := w.S.Case(context.Background(), w.Registrar, f.ID); err != nil || slices.Contains(k.Allowed, registry.EventLapseCorrection) {
		t.Errorf("the page offers a refusal within the term: %v %v", k.Allowed, err)
	}

	w.Later(1) // an answer that mends nothing goes back within the term, and is no ground yet
	act(w, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventSubmitCorrection, Answers: []string{"已补"}})
	denied(w, w.Registrar, refuse("R7"), "correction_running")
	denied(w, w.Registrar, refuse("R5"), "not_asked")
	back := act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventReturnCorrection, Text: "证书仍缺第 2 页"}).Filing
	if back.State != registry.Correcting || back.DueOn.Format("2006-01-02") != back.Correction.DueOn {
		t.Errorf("%s until %s, told %s", back.State, back.DueOn, back.Correction.DueOn)
	}
	told(w, w.Seller, "继续办理")
	act(w, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventSubmitCorrection, Answers: []string{"还是这些"}})
	denied(w, w.Registrar, ask, "correction_used") // the same reason again

	w.Later(30)
	denied(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventReturnCorrection, Text: "再补"}, "correction_over")
	denied(w, w.Registrar, refuse("R5"), "not_asked")
	got := act(w, w.Registrar, refuse("R7")).Filing
	if got.State != registry.Refused || got.Correction.Declined != nil {
		t.Errorf("%s, the case says that the applicant refused: %+v", got.State, got.Correction.Declined)
	}
}

func TestOnlyTheApplicantsOwnWordShortensTheTerm(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	f := w.Submit(w.Content())
	lapse := registry.Command{Filing: f.ID, Event: registry.EventLapseCorrection, Refusal: refusal("R3")}
	act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventRequestCorrection, Items: askFor("R3")})
	declare := registry.Command{Filing: f.ID, Event: registry.EventDeclineCorrection, Text: "双方不再约定价款"}
	denied(w, w.Registrar, declare, "wrong_part")
	turn := func() registry.QueuePage {
		q, err := w.S.Queue(context.Background(), w.Registrar,
			registry.QueueFilter{States: registry.DeskSteps(w.Registrar), Turn: true, Lapsed: true})
		registrytest.Check(t, err)
		return q
	}
	if q := turn(); q.Lapsed != 0 || len(q.Rows) != 0 {
		t.Errorf("the applicant's turn is the desk's: %+v", q)
	}
	act(w, w.Seller, declare)
	if q := turn(); q.Lapsed != 1 || len(q.Rows) != 1 || q.Waiting(w.Registrar) != 1 {
		t.Errorf("what only the desk can end waits there for nobody: %+v", q)
	}
	denied(w, w.Seller, declare, "already_declined")
	denied(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventLapseCorrection, Refusal: refusal("R5")}, "not_asked")
	got := act(w, w.Registrar, lapse).Filing
	if got.State != registry.Refused || got.Correction.Declined == nil || got.Correction.Declined.Account != w.Seller.AccountID {
		t.Errorf("%s %+v", got.State, got.Correction)
	}
}

func TestWhatTheDeskOverlookedIsAskedForOnceMoreWithTheReason(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	f := w.Submit(w.Content())
	act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventRequestCorrection, Items: askFor("R7")})
	act(w, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventSubmitCorrection, Answers: []string{"已补"}})
	more := registry.Command{Filing: f.ID, Event: registry.EventRequestCorrection, Items: askFor("R5")}
	denied(w, w.Registrar, more, "correction_used")
	more.Text = "登记员漏看了合同名称"
	got := act(w, w.Registrar, more).Filing
	if len(got.Correction.Items) != 2 || got.Correction.Items[0].Answer != "已补" || got.Correction.AnsweredAt != nil {
		t.Errorf("%+v", got.Correction)
	}
}

func TestNoDecisionStandsOnAQuestionWithoutAnswer(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	f := w.Submit(w.Content())
	act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	r := w.Filing(f.ID).Review
	r.Opinion = "符合"
	act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventSaveReview, Review: r})
	denied(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventPassFirstReview}, "invalid_input")
	w.Review(w.Registrar, f.ID, nil)
	act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventPassFirstReview})
}

// A registrar's full round: registration, change after the term, cancellation on request, restoration after a reconsideration.
func TestARegistrationIsChangedAfterItsTermCancelledOnRequestAndRestored(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), registrytest.Deduct(registrytest.Carrier(50_000*yuan, 1)))
	w.Later(500) // the contract's term is over
	act(w, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventStartChange})
	w.Edit(reg.ContractID, func(c *contract.Content) { c.Elements.Amount, c.Technical = 900_000*yuan, 900_000*yuan })
	ask := registry.Command{Number: reg.Number, Event: registry.EventRequestChange, Text: "结算"}
	denied(w, w.Seller, ask, "invalid_input") // without the paper that it rests on
	w.Supplement(reg.ContractID)
	f := act(w, w.Seller, ask).Filing
	// The same text filed by somebody else meanwhile makes the change no duplicate.
	var digest string
	w.Scan(&digest, `select text_digest from filing where id = $1`, f.ID)
	copied, err := w.S.Submit(ctx, w.Seller, w.Draft(func() contract.Content {
		c := w.Content()
		c.Elements.BeginsOn, c.Elements.EndsOn = contract.DateOf(w.Now), contract.DateOf(w.Now.AddDate(1, 0, 0))
		return c
	}(), digest), w.County.ID)
	registrytest.Check(t, err)

	act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	k, err := w.S.Case(ctx, w.Registrar, f.ID)
	registrytest.Check(t, err)
	if r := k.Filing.Review; !r.Carried || len(r.Unanswered()) != 0 || r.Opinion != "" {
		t.Errorf("answers were not carried over: %+v", r)
	}
	if k.Previous == nil || k.Previous.Content.Elements.Amount != 800_000*yuan {
		t.Errorf("the version before is not shown: %+v", k.Previous)
	}
	if slices.Contains(k.Decision.Reasons, "R10") || slices.Contains(k.Decision.Reasons, "R11") {
		t.Errorf("the change is refused: %v", k.Decision.Reasons)
	}
	if mirror, err := w.S.Case(ctx, w.Registrar, copied.ID); err != nil || !slices.Contains(mirror.Decision.Reasons, "R10") {
		t.Errorf("the later copy is no duplicate: %v %v", mirror.Decision, err)
	}
	reg = w.Finish(w.Pass(f.ID, nil))
	if reg.Version != 2 || reg.Amount != 900_000*yuan {
		t.Errorf("version %d C %s", reg.Version, reg.Amount)
	}

	act(w, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventRequestCancel, Text: "双方解除"})
	told(w, w.Head, "申请注销登记")
	told(w, w.Registrar, "申请注销登记")
	page, err := w.S.Queue(ctx, w.Head, registry.QueueFilter{})
	registrytest.Check(t, err)
	if page.Cancels != 1 || page.Waiting(w.Head) != 1 {
		t.Errorf("the request waits at no desk: %d, %d", page.Cancels, page.Waiting(w.Head))
	}
	list, err := w.S.Registrations(ctx, w.Head, registry.RegistrationFilter{Waiting: registry.WaitsCancel})
	registrytest.Check(t, err)
	if len(list.Rows) != 1 || list.Rows[0].Number != reg.Number {
		t.Errorf("listed %v", list.Rows)
	}
	// What is not decided can't be contested, and stops no decision.
	denied(w, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventOpenReconsideration, Text: "拖延"}, "undecided")
	cancel := registry.Command{Number: reg.Number, Event: registry.EventCancel, Ground: "rescinded", Text: "已解除"}
	act(w, w.Head, cancel)
	told(w, w.Seller, "登记已注销")

	restore := registry.Command{Number: reg.Number, Event: registry.EventRestore, Text: "行复决字〔2027〕1 号：撤销注销决定"}
	denied(w, w.League, restore, "wrong_state")
	act(w, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventOpenReconsideration, Text: "没有解除"})
	got := act(w, w.League, restore).Registration
	if got.State != registry.Registered || got.EndedOn != nil {
		t.Errorf("restored: %+v", got)
	}
	told(w, w.Seller, "经复议恢复")
	for kind, words := range map[papers.Kind]string{papers.Cancel: "第15条", papers.Restore: "行复决字〔2027〕1号"} { // both stay to be read
		_, pdf, err := w.Papers.Registration(ctx, w.Seller, reg.Number, kind)
		registrytest.Check(t, err)
		if got := registrytest.Text(t, pdf); !strings.Contains(got, words) {
			t.Errorf("the %s says %s", kind, got)
		}
	}
	var contracts int
	var amount money.Fen
	var valid, state string
	w.Scan(&contracts, `select sum(contracts) from period_entry where number = $1`, reg.Number)
	w.Scan(&amount, `select sum(amount)::bigint from period_entry where number = $1`, reg.Number)
	w.Scan(&valid, `select state from certificate where number = $1 and version = 2`, reg.Number)
	w.Scan(&state, `select state from contract where id = $1`, reg.ContractID)
	if contracts != 1 || amount != 900_000*yuan || valid != "valid" || state != "registered" {
		t.Errorf("%d contracts, C %s, certificate %s, contract %s", contracts, amount, valid, state)
	}
	// What was restored can be changed and can end once more, on the same day too.
	act(w, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventRequestCancel, Text: "现在解除"})
	w.Later(1)
	act(w, w.Head, cancel)
}

func TestAReconsiderationRestoresARefusedApplicationToItsDesk(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	for _, c := range []struct {
		end  registry.Command
		want registry.State
	}{
		{registry.Command{Event: registry.EventRefuse, Refusal: refusal("R1")}, registry.InReview},
		{registry.Command{Event: registry.EventDeclineIntake, Code: "oral", Text: "口头"}, registry.AwaitingAcceptance},
	} {
		f := w.Submit(w.Content())
		if c.end.Event == registry.EventRefuse {
			act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
			denied(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventRefuse, Refusal: refusal("R1")}, "not_on_sheet")
			w.Review(w.Registrar, f.ID, func(r *registry.Review) { r.Findings = []registry.Finding{{Code: "not_effective"}} })
		}
		c.end.Filing = f.ID
		act(w, w.Registrar, c.end)
		act(w, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventOpenReconsideration, Text: "不服"})
		restore := registry.Command{Filing: f.ID, Event: registry.EventRestore, Text: "复议决定：撤销"}
		denied(w, w.Registrar, restore, "wrong_part")
		w.Edit(f.ContractID, func(c *contract.Content) { c.Elements.Name = "改了一半的草稿" })
		got := act(w, w.League, restore).Filing
		if got.State != c.want || got.Refusal != nil || got.DecidedAt != nil || got.PriorState != "" {
			t.Errorf("%s: %+v", c.end.Event, got)
		}
		if reg := w.Finish(w.Pass(f.ID, func(r *registry.Review) { r.Findings = nil })); reg.Title != f.Title {
			t.Errorf("registered %q, filed %q", reg.Title, f.Title)
		}
	}
	// Where the applicant has filed anew, the old application can't stand up beside it.
	f := w.Submit(w.Content())
	act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventDeclineIntake, Code: "oral", Text: "口头"})
	act(w, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventOpenReconsideration, Text: "不服"})
	_, err := w.S.Submit(context.Background(), w.Seller, f.ContractID, w.County.ID)
	registrytest.Check(t, err)
	denied(w, w.League, registry.Command{Filing: f.ID, Event: registry.EventRestore, Text: "撤销"}, "contract_filed")
}

func TestARevocationIsAnnouncedHeardAndDecidedByASecondOfficer(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	reg := w.Register(w.Content(), nil)
	decide := registry.Command{Number: reg.Number, Event: registry.EventRevoke, Text: "决定撤销"}
	announce := registry.Command{Number: reg.Number, Event: registry.EventAnnounceRevocation, Ground: "fraud", Text: "查实为虚假合同"}
	denied(w, w.Regional, decide, "not_announced")
	act(w, w.League, announce)
	denied(w, w.Regional, announce, "already_announced")
	told(w, w.Seller, "拟被撤销")
	denied(w, w.League, decide, "part_taken")
	denied(w, w.Regional, decide, "statement_running")
	act(w, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventState, Text: "合同真实，附付款凭证"})
	told(w, w.League, "陈述、申辩")
	act(w, w.League, registry.Command{Number: reg.Number, Event: registry.EventDropRevocation, Text: "陈述成立"})
	told(w, w.Seller, "不予撤销")

	act(w, w.League, announce)
	w.Later(14)
	denied(w, w.League, decide, "part_taken") // silence passes the term, not the second officer
	got := act(w, w.Regional, decide).Registration
	if got.State != registry.Revoked || got.Revocation != nil || got.Ending.Ground != "fraud" ||
		!strings.Contains(got.Ending.Reason, "虚假合同") || !strings.Contains(got.Ending.Reason, "决定撤销") {
		t.Errorf("%+v", got)
	}
	told(w, w.Seller, "登记已被撤销")
}

func TestExpertsReadOnlyTheirCasesAndDecideTogether(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	large := func() registry.Filing {
		c := w.Content()
		registrytest.Class("0101", 6_000_000*yuan)(&c)
		return w.Pass(w.Submit(c).ID, nil)
	}
	f, other := large(), large()
	told(w, w.Head, "指定评审专家")
	assign := func(who ...actor.Actor) registry.Command {
		c := registry.Command{Filing: f.ID, Event: registry.EventAssignExperts}
		for _, a := range who {
			c.Experts = append(c.Experts, a.AccountID)
		}
		return c
	}
	if _, err := w.S.Case(ctx, w.Expert, f.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("an expert reads a case of somebody else: %v", err)
	}
	denied(w, w.Head, assign(w.Expert), "invalid_input")
	denied(w, w.Head, assign(w.Expert, w.Stranger), "invalid_input")
	denied(w, w.Registrar, assign(w.Expert, w.Expert2), "wrong_part")
	third := w.Person(w.Regional, actor.Expert)
	act(w, w.Head, assign(w.Expert, w.Expert2))
	told(w, w.Expert, "请您评审")
	page, err := w.S.Queue(ctx, w.Expert, registry.QueueFilter{})
	registrytest.Check(t, err)
	if len(page.Rows) != 1 || page.Rows[0].ID != f.ID {
		t.Errorf("the expert's list: %v", page.Rows)
	}
	if _, err := w.S.Case(ctx, w.Expert, other.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("assigned to one, reads the other: %v", err)
	}
	vote := func(a actor.Actor, e registry.Event) registry.Command {
		return registry.Command{Filing: f.ID, Event: e, Text: "意见", Minutes: w.Paper(a), Refusal: refusal("R2")}
	}
	foreign := vote(w.Expert, registry.EventPassExperts)
	foreign.Minutes = w.Paper(w.Seller)
	denied(w, w.Expert, foreign, "invalid_input")
	if got := act(w, w.Expert, vote(w.Expert, registry.EventPassExperts)).Filing; got.State != registry.AwaitingExperts {
		t.Errorf("one expert decided: %s", got.State)
	}
	denied(w, w.Expert, vote(w.Expert, registry.EventPassExperts), "already_voted")
	for _, expert := range []struct {
		who    actor.Actor
		rows   int
		waits  int
		reason string
	}{{w.Expert, 0, 0, "has spoken"}, {w.Expert2, 1, 1, "has not"}, {third, 0, 0, "is not of the panel"}} {
		page, err := w.S.Queue(ctx, expert.who, registry.QueueFilter{Turn: true, States: registry.DeskSteps(expert.who)})
		registrytest.Check(t, err)
		if len(page.Rows) != expert.rows || page.Waiting(expert.who) != expert.waits {
			t.Errorf("the expert who %s: %d rows, %d wait", expert.reason, len(page.Rows), page.Waiting(expert.who))
		}
	}
	act(w, w.Expert2, vote(w.Expert2, registry.EventRejectByExperts))
	told(w, w.Head, "意见不一致")
	act(w, w.Head, assign(third))
	got := act(w, third, vote(third, registry.EventPassExperts)).Filing
	if got.State != registry.AwaitingRegistration || len(got.Review.Panel) != 3 {
		t.Errorf("%s with %d opinions", got.State, len(got.Review.Panel))
	}
	seen, err := w.S.Case(ctx, w.Head, f.ID)
	registrytest.Check(t, err)
	for _, v := range seen.Filing.Review.Panel {
		if v.Name == "" {
			t.Errorf("an opinion without name: %+v", v)
		}
		paper, err := w.Reader.Open(ctx, w.Head, files.Object{Kind: "filing", ID: f.ID}, v.Minutes)
		registrytest.Check(t, err)
		paper.Close()
		if _, err := w.Reader.Open(ctx, w.Seller, files.Object{Kind: "filing", ID: f.ID}, v.Minutes); !fault.HasCode(err, "file_not_found") {
			t.Errorf("the applicant reads an expert's opinion: %v", err)
		}
	}
	// The head may send it back; then the opinions count no more.
	back := act(w, w.Head, registry.Command{Filing: f.ID, Event: registry.EventReturnToReview, Text: "金额与文本不符"}).Filing
	if back.State != registry.InReview {
		t.Errorf("returned to %s", back.State)
	}
	told(w, w.Registrar, "负责人退回")
	f = w.Pass(f.ID, nil)
	w.T = t
	act(w, w.Expert, vote(w.Expert, registry.EventRejectByExperts))
	if got := act(w, w.Expert2, vote(w.Expert2, registry.EventRejectByExperts)).Filing; got.State != registry.Refused {
		t.Errorf("two refusals: %s", got.State)
	}
}

func TestIncomeIsBookedFromAPaperAndPutRightByACounterRow(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	book := registry.Command{Number: reg.Number, Event: registry.EventBookIncome, Amount: 500_000 * yuan, Text: "核定表 1 号"}
	denied(w, w.Registrar, book, "invalid_input")
	book.Paper = w.Paper(w.Seller)
	denied(w, w.Registrar, book, "invalid_input") // somebody else's file
	book.Paper = w.Paper(w.Registrar)
	act(w, w.Registrar, book)
	d, err := w.S.Dossier(ctx, w.Registrar, reg.Number)
	registrytest.Check(t, err)
	if len(d.Incomes) != 1 || d.Incomes[0].FileID != book.Paper || d.Registration.Income != 500_000*yuan {
		t.Fatalf("%+v", d.Incomes)
	}
	back := registry.Command{Number: reg.Number, Event: registry.EventReverseIncome, Income: d.Incomes[0].ID, Text: "金额录错"}
	if got := act(w, w.Registrar, back).Registration; got.Income != 0 {
		t.Errorf("ΣR %s", got.Income)
	}
	denied(w, w.Registrar, back, "income_reversed")
	d, err = w.S.Dossier(ctx, w.Registrar, reg.Number)
	registrytest.Check(t, err)
	if len(d.Incomes) != 2 || !d.Incomes[0].Reversed || d.Incomes[1].Amount != -500_000*yuan {
		t.Errorf("%+v", d.Incomes)
	}
	denied(w, w.Registrar, registry.Command{Number: reg.Number, Event: registry.EventReverseIncome, Income: d.Incomes[1].ID, Text: "再冲"},
		"income_reversed")
}

func TestADeadlineIsCountedOneWay(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	waiting, running, correcting := w.Submit(w.Content()), w.Submit(w.Content()), w.Submit(w.Content())
	for _, f := range []registry.Filing{running, correcting} {
		act(w, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	}
	act(w, w.Registrar, registry.Command{Filing: correcting.ID, Event: registry.EventRequestCorrection, Items: askFor("R7")})
	for range 60 {
		w.Later(1)
		page, err := w.S.Queue(ctx, w.Registrar, registry.QueueFilter{})
		registrytest.Check(t, err)
		d, err := w.S.Deadlines(ctx, w.Registrar)
		registrytest.Check(t, err)
		overdue := 0
		for _, row := range page.Rows {
			if row.Due.Overdue {
				overdue++
			}
			if strings.Contains(row.Due.Words, " 0 个") && row.ID != waiting.ID {
				t.Errorf("%s: %s", w.Now.Format("2006-01-02"), row.Due.Words)
			}
		}
		if levels := d.Counts[deadline.Target] + d.Counts[deadline.Legal]; page.Overdue != overdue || levels != overdue {
			t.Fatalf("%s: the list counts %d, its head %d, the page of deadlines %d", w.Now.Format("2006-01-02"), overdue, page.Overdue, levels)
		}
	}
}

func TestContractsSplitBelowTheLineAreShownToTheDesk(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	c := w.Content()
	registrytest.Class("0101", 4_900_000*yuan)(&c)
	w.Submit(c)
	registrytest.Class("0101", 300_000*yuan)(&c)
	k, err := w.S.Case(context.Background(), w.Registrar, w.Submit(c).ID)
	registrytest.Check(t, err)
	if !slices.ContainsFunc(k.Similar, func(s registry.Similar) bool { return s.Why == "split" }) {
		t.Errorf("similar: %+v", k.Similar)
	}
}
