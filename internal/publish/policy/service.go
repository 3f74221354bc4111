package policy

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB    *postgres.DB
	Audit audit.Recorder
	Queue Enqueuer
	// Facts are the dated facts that the market holds of an organisation (at wiring).
	Facts func(ctx context.Context, organisation int64) ([]Fact, error)
	// Rest is the calendar of rest days (registry, at wiring).
	Rest func(ctx context.Context) (clock.Calendar, error)
	Now  func() time.Time
}

// Enqueuer queues work in the caller's transaction; jobs.Queue fulfils it.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// Service keeps the library and the question desk.
type Service struct{ c Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }

// answerDays are the working days in which a question is answered (docs/rules/replay.md §12).
const answerDays = 5

// mostOpen bounds the open questions of one person.
const mostOpen = 10

// Filter narrows the library.
type Filter struct {
	Text     string // a part of title, number or issuer
	Division string // policies that hold in this place
	Benefit  string // one of Benefits
	InForce  bool   // only those in force today
	After    int64  // the last policy of the page before; 0 for the first
	Limit    int    // 1 … 100
}

// List is the library, the newest first. Anybody may ask.
func (s *Service) List(ctx context.Context, f Filter) ([]Policy, error) {
	list, err := collect[Policy](ctx, s.c.DB, selectPolicies, pgx.StrictNamedArgs{"title": f.Text, "division": f.Division,
		"benefit":  f.Benefit,
		"in_force": f.InForce, "today": clock.Date(s.c.Now()), "after": f.After, "limit": min(max(f.Limit, 1), 100)})
	if err != nil {
		return nil, fmt.Errorf("policy: list: %w", err)
	}
	return list, nil
}

// Get is one policy. Anybody may ask. Fault: NotFound policy_not_found.
func (s *Service) Get(ctx context.Context, id int64) (Policy, error) {
	list, err := collect[Policy](ctx, s.c.DB, selectPolicy, pgx.StrictNamedArgs{"id": id})
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "policy_not_found", "没有找到这项政策，请从政策库重新查找")
	}
	if err != nil {
		return Policy{}, fmt.Errorf("policy: get: %w", err)
	}
	return list[0], nil
}

// deskOnly lets in the policy desk: the officers of the region.
func deskOnly(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !who.Has(actor.RegionOfficer):
		return fault.New(fault.Forbidden, "not_policy_desk", "政策由自治区管理员发布和废止")
	default:
		return nil
	}
}

// Publish puts a policy into the library. Who: the region. Faults: Unauthorized; Forbidden not_policy_desk; Invalid with fields.
func (s *Service) Publish(ctx context.Context, who actor.Actor, p Policy) (id int64, err error) {
	if err = deskOnly(who); err == nil {
		err = p.check()
	}
	if err != nil {
		return 0, fmt.Errorf("policy: publish: %w", err)
	}
	p.UpdatedAt, p.Sample = s.c.Now(), who.Sample
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if id, err = add(ctx, tx, p); err != nil {
			return err
		}
		if err = s.index(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "policy.publish", "policy", id, map[string]any{"title": p.Title, "number": p.Number})
	})
	if err != nil {
		return 0, fmt.Errorf("policy: publish: %w", err)
	}
	return id, nil
}

// Repeal ends a policy; its page stays, the checks are off. Version is the one the officer saw; by is the policy that replaces it, or
// nil. Who: the region. Faults: those of Publish; NotFound; Conflict stale_version.
func (s *Service) Repeal(ctx context.Context, who actor.Actor, id int64, version int, by *int64) error {
	const op = "policy: repeal"
	if err := deskOnly(who); err != nil {
		return fmt.Errorf(op+": %w", err)
	}
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	if by != nil {
		if _, err := s.Get(ctx, *by); err != nil || *by == id {
			var f fault.Fields
			f.Add("replacedBy", "unknown", "没有这项替代的政策，请填写政策库里的编号")
			return fmt.Errorf(op+": %w", f.Err())
		}
	}
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := repeal(ctx, tx, Policy{ID: id, Version: version, ReplacedBy: by, UpdatedAt: s.c.Now()}); err != nil {
			return err
		}
		if err := s.index(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "policy.repeal", "policy", id, nil)
	})
	if err != nil {
		return fmt.Errorf(op+": %w", err)
	}
	return nil
}

// Checked is what a check found, with the facts it used: those that the market holds, then those that the person typed, which win.
type Checked struct {
	Findings
	AsOf  fact.Day
	Held  []Fact
	Needs []FactKind
}

// Check answers the clauses of a policy for the organisation acted for; a guest has only the facts he types. Nothing is stored. Typed
// facts are by code, empty ones do not count. Faults: NotFound; Invalid with the codes as fields.
func (s *Service) Check(ctx context.Context, who actor.Actor, id int64, typed map[string]string) (Policy, Checked, error) {
	const op = "policy: check"
	p, err := s.Get(ctx, id)
	if err != nil {
		return Policy{}, Checked{}, err
	}
	out := Checked{AsOf: fact.DayOf(s.c.Now()), Needs: p.Content.Needs()}
	if who.OrgID != 0 {
		if out.Held, err = s.c.Facts(ctx, who.OrgID); err != nil {
			return Policy{}, Checked{}, fmt.Errorf(op+": %w", err)
		}
	}
	var f fault.Fields
	// A clause may ask for a fact as of another day. What a person types about himself holds on every day he was asked for.
	facts := append([]Fact{}, out.Held...)
	for _, k := range out.Needs {
		value := strings.TrimSpace(typed[k.Code])
		if value == "" {
			continue
		}
		if why := (Condition{Type: k.Type}).wrong(value); why != "" || k.Type == "number" && basis(value) == nil {
			f.Add(k.Code, "malformed", map[string]fault.Sentence{"number": "请填写数字，如 12.5", "day": "请填写日期，如 2027-05-20", "bool": "请选择是或否"}[k.Type])
			continue
		}
		facts = append(facts, Fact{Fact: k.Code, Value: value, From: out.AsOf})
		for _, day := range p.Content.asOf(k.Code) {
			facts = append(facts, Fact{Fact: k.Code, Value: value, From: day, To: &day})
		}
	}
	if err := f.Err(); err != nil {
		return p, out, fmt.Errorf(op+": %w", err)
	}
	var clauses []Clause
	for _, c := range p.Content.Clauses {
		clauses = append(clauses, c.Clause)
	}
	out.Findings = Evaluate(Check{AsOf: out.AsOf, Policy: p.Validity(), Facts: facts, Clauses: clauses})
	return p, out, nil
}

// record writes the audit row.
func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action, kind string, id int64, detail map[string]any) error {
	return s.c.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: action, ObjectKind: kind, ObjectID: strconv.FormatInt(id, 10),
		Detail: detail})
}

// Ask puts a question to the desk of the asker's place; it is due five working days later. Who: a person of a confirmed organisation.
// Faults: Unauthorized; Forbidden org_not_confirmed; NotFound policy_not_found; TooMany questions_open; Invalid.
func (s *Service) Ask(ctx context.Context, who actor.Actor, policy int64, text string) (id int64, err error) {
	const op = "policy: ask"
	text = strings.TrimSpace(text)
	var f fault.Fields
	f.Check(text != "" && utf8.RuneCountInString(text) <= 2000, "question", "length", "请写下问题，不超过 2000 字")
	switch {
	case !who.SignedIn():
		err = fault.SignIn()
	case who.OrgState != actor.Confirmed:
		err = fault.New(fault.Forbidden, "org_not_confirmed", "单位尚未通过自治区管理员确认，确认后才能提问")
	default:
		err = f.Err()
	}
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	if _, err := s.Get(ctx, policy); err != nil {
		return 0, err
	}
	rest, err := s.c.Rest(ctx)
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	now := s.c.Now()
	q := Question{PolicyID: policy, AccountID: who.AccountID, OrganisationID: who.OrgID, Division: who.Division, Question: text,
		DueOn: fact.Due(rest, fact.DayOf(now), answerDays, fact.WorkingDays).Date(), Sample: who.Sample, AskedAt: now}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		n, err := openQuestions(ctx, tx, who.AccountID)
		if err != nil {
			return err
		}
		if n >= mostOpen {
			return fault.Newf(fault.TooMany, "questions_open", "您有 %d 个问题还在等答复，答复后再提新的", n)
		}
		if id, err = ask(ctx, tx, q); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "policy.ask", "policy_question", id, map[string]any{"policy": policy})
	})
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	return id, nil
}

// Do answers, rates or withdraws a question; the asker is told of an answer. Who: see the table of states. Faults: Unauthorized;
// NotFound question_not_found, also outside one's area; Conflict wrong_state, stale_version; Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (q Question, err error) {
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if q, err = s.seen(ctx, tx, who, c.Question); err != nil {
			return err
		}
		q.Version = c.Version
		if q, err = q.Do(who, c, s.c.Now()); err != nil {
			return err
		}
		if err := change(ctx, tx, q); err != nil {
			return err
		}
		if c.Event == AnswerIt {
			n := notify.Note{To: []int64{q.AccountID}, Kind: "policy", Title: "您的政策问题有了答复", Body: q.Answer, Link: QuestionPath(q.ID),
				At: q.UpdatedAt}
			if err := notify.Message(ctx, tx, n); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "policy."+c.Event, "policy_question", q.ID, map[string]any{"state": q.State})
	})
	if err != nil {
		return q, fmt.Errorf("policy: %s: %w", c.Event, err)
	}
	q.Version++
	return q, nil
}

// QuestionPath is the address of a question for who asked it and for the desk.
func QuestionPath(id int64) string { return fmt.Sprintf("/policies/questions/%d", id) }

// seen reads a question that the person may see: his own, or one of his area.
func (s *Service) seen(ctx context.Context, q postgres.Querier, who actor.Actor, id int64) (Question, error) {
	list, err := collect[Question](ctx, q, selectQuestion, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Question{}, err
	}
	if len(list) == 0 || !who.SignedIn() || list[0].AccountID != who.AccountID && !who.Covers(list[0].Division) {
		return Question{}, fault.New(fault.NotFound, "question_not_found", "没有找到这个问题，请从列表重新进入")
	}
	return list[0], nil
}

// Question is one question. Who: the asker, and the officers of his area. Fault: NotFound question_not_found.
func (s *Service) Question(ctx context.Context, who actor.Actor, id int64) (q Question, err error) {
	if q, err = s.seen(ctx, s.c.DB, who, id); err != nil {
		return q, fmt.Errorf("policy: question: %w", err)
	}
	return q, nil
}

// Public are the questions about a policy whose answers may be read by all; nothing in them names who asked.
func (s *Service) Public(ctx context.Context, policy int64) ([]Question, error) {
	list, err := collect[Question](ctx, s.c.DB, selectPublic, pgx.StrictNamedArgs{"policy": policy})
	if err != nil {
		return nil, fmt.Errorf("policy: public questions: %w", err)
	}
	for i := range list {
		list[i].AccountID, list[i].OrganisationID, list[i].Division, list[i].AnsweredBy = 0, 0, "", nil
	}
	return list, nil
}

// Questions are those of the desk for an officer, the open ones by their day first, and one's own for anybody else.
func (s *Service) Questions(ctx context.Context, who actor.Actor) ([]Question, error) {
	sql, args := selectOwn, pgx.StrictNamedArgs{"account": who.AccountID}
	if who.Officer() {
		league := ""
		if !who.Has(actor.RegionOfficer) {
			league = who.Division[:4]
		}
		sql, args = selectDesk, pgx.StrictNamedArgs{"league": league}
	}
	list, err := collect[Question](ctx, s.c.DB, sql, args)
	if err != nil {
		return nil, fmt.Errorf("policy: questions: %w", err)
	}
	return list, nil
}
