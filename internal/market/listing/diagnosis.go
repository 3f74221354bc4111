package listing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/platform/notify"
)

// Diagnosis is a broker's look at a need that an editor found not yet clear: asked when the need is returned, answered once, read by
// the company and the editor. It changes nothing by itself; the company mends the need and submits it again.
type Diagnosis struct {
	ID         int64      `json:"id"`
	ListingID  int64      `json:"listingId"`
	Broker     int64      `json:"broker"` // account
	Name       string     `json:"name"`   // of the broker
	Title      string     `json:"title"`  // of the need
	AskedAt    time.Time  `json:"askedAt"`
	Advice     string     `json:"advice"`
	AnsweredAt *time.Time `json:"answeredAt"` // nil: not yet
	Sample     bool       `json:"sample"`
}

// TriageDiagnose is the judgement that a listing is not clear yet; a broker can be asked to look at it.
const TriageDiagnose = "diagnose"

const adviceRunes = 2000

var errNoDiagnosis = fault.New(fault.NotFound, "diagnosis", "没有找到这项诊断，可能是请了别的技术经纪人")

// checkBroker refuses a person who can't diagnose: no broker, or sample data and real data mixed.
func (s *Service) checkBroker(ctx context.Context, c Command, sample bool) error {
	if c.Broker == 0 {
		return nil
	}
	var f fault.Fields
	f.Check(c.Event == EventReturn && c.Triage == TriageDiagnose, "broker", "choose", "只有退回并判断为“需要再诊断”时才请技术经纪人")
	ok := false
	if s.config.Broker != nil {
		var err error
		if ok, err = s.config.Broker(ctx, c.Broker, sample); err != nil {
			return err
		}
	}
	f.Check(ok, "broker", "choose", "请从名单中选择技术经纪人")
	return f.Err()
}

// askBroker keeps the request and tells the broker, in the transaction of the return.
func (s *Service) askBroker(ctx context.Context, tx pgx.Tx, who actor.Actor, l Listing, broker int64, now time.Time) error {
	kind := s.kinds.Of(l.Kind)
	var id int64
	if err := tx.QueryRow(ctx, insertDiagnosis,
		pgx.StrictNamedArgs{"listing": l.ID, "broker": broker, "by": who.AccountID, "at": now}).Scan(&id); err != nil {
		return err
	}
	return notify.Message(ctx, tx, notify.Note{To: []int64{broker}, Kind: "listing", Title: "请您诊断" + kind.Label + "“" + l.Title + "”",
		Body: "审核认为这条" + kind.Label + "还不够清楚，请您看看缺什么、怎样写企业才好找到人。", Link: DiagnosisPath(id), At: now})
}

// DiagnosisPath is the page on which the broker answers.
func DiagnosisPath(id int64) string { return fmt.Sprintf("/diagnoses/%d", id) }

// Diagnoses lists what a broker was asked, newest first, at most 50. Faults: unauthorized; forbidden "not_broker".
func (s *Service) Diagnoses(ctx context.Context, who actor.Actor) ([]Diagnosis, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	if !who.Has(actor.Broker) {
		return nil, fault.New(fault.Forbidden, "not_broker", "只有技术经纪人有诊断任务")
	}
	return s.diagnoses(ctx, 0, 0, who.AccountID)
}

// DiagnosesOf lists those of one need, for its company and its editor. Fault: not found "listing".
func (s *Service) DiagnosesOf(ctx context.Context, who actor.Actor, id int64) ([]Diagnosis, error) {
	r, err := s.row(ctx, s.config.DB, id)
	if err != nil {
		return nil, err
	}
	if s.roleOf(who, r.Listing) == RoleNobody {
		return nil, errNotFound
	}
	return s.diagnoses(ctx, 0, id, 0)
}

func (s *Service) diagnoses(ctx context.Context, id, listing, broker int64) ([]Diagnosis, error) {
	rows, _ := s.config.DB.Query(ctx, selectDiagnoses, pgx.StrictNamedArgs{"id": id, "listing": listing, "broker": broker})
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[Diagnosis])
	if err != nil {
		return nil, fmt.Errorf("diagnoses: %w", err)
	}
	var accounts []int64
	for _, d := range out {
		accounts = append(accounts, d.Broker)
	}
	names, err := s.config.Directory.Names(ctx, accounts)
	for i := range out {
		out[i].Name = names[out[i].Broker]
	}
	return out, err
}

// ForDiagnosis gives the asked broker the need as it is now, without the contact person. Fault: not found "diagnosis".
func (b *Book[C]) ForDiagnosis(ctx context.Context, who actor.Actor, id int64) (Diagnosis, C, error) {
	var none C
	d, err := b.diagnosisOf(ctx, who, id)
	if err != nil {
		return d, none, err
	}
	r, err := b.row(ctx, b.config.DB, d.ListingID)
	if err != nil {
		return d, none, err
	}
	var content C
	if err := stored.Unmarshal(r.Draft, &content); err != nil {
		return d, none, fmt.Errorf("listing %d: %w", r.ID, err)
	}
	return d, content.ForGuest(), nil
}

func (s *Service) diagnosisOf(ctx context.Context, who actor.Actor, id int64) (Diagnosis, error) {
	found, err := s.diagnoses(ctx, id, 0, 0)
	if err != nil {
		return Diagnosis{}, err
	}
	if len(found) == 0 || !who.SignedIn() || found[0].Broker != who.AccountID || !who.Has(actor.Broker) {
		return Diagnosis{}, errNoDiagnosis
	}
	return found[0], nil
}

// Diagnose keeps the broker's advice and tells the company. The asked broker, once. Faults: not found "diagnosis"; conflict
// "diagnosis_answered"; invalid "advice".
func (s *Service) Diagnose(ctx context.Context, who actor.Actor, id int64, advice string) error {
	d, err := s.diagnosisOf(ctx, who, id)
	if err != nil {
		return err
	}
	advice = strings.TrimSpace(advice)
	var f fault.Fields
	f.Check(advice != "", "advice", "required", "请写明缺什么、建议怎样补写")
	f.Checkf(len([]rune(advice)) <= adviceRunes, "advice", "too_long", "最多 %d 字，请精简", adviceRunes)
	if err := f.Err(); err != nil {
		return err
	}
	now := s.config.Now()
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := s.lock(ctx, tx, d.ListingID)
		if err != nil {
			return err
		}
		done, err := tx.Exec(ctx, answerDiagnosis, pgx.StrictNamedArgs{"id": id, "advice": advice, "at": now})
		if err != nil {
			return err
		}
		if done.RowsAffected() == 0 {
			return fault.New(fault.Conflict, "diagnosis_answered", "这项诊断已经答复过，不能再改")
		}
		kind := s.kinds.Of(r.Kind)
		if err := notify.Message(ctx, tx, notify.Note{To: []int64{r.OwnerAccount}, Kind: "listing",
			Title: "技术经纪人对" + kind.Label + "“" + r.Title + "”的诊断",
			Body:  advice, Link: kind.DeskPath(r.ID), At: now}); err != nil {
			return err
		}
		return s.note(ctx, tx, who, r.Listing, EventDiagnose, r.State, "", now)
	})
	if err != nil && !errors.As(err, new(*fault.Error)) {
		return fmt.Errorf("diagnose: %w", err)
	}
	return err
}
