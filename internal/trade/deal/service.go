package deal

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// Listings gives what a deal needs to know of a listing; an unknown id is a fault NotFound.
type Listings interface {
	Facts(ctx context.Context, listing int64) (ListingFacts, error)
}

// Files gives the facts of an uploaded file (files.Store).
type Files interface {
	Own(ctx context.Context, q postgres.Querier, org, file int64) (files.File, error)
}

// Notices tells people in the caller's transaction: a message in the site and, where they have an
// address, a mail job.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Mandates says for whom a broker may speak today (broker.Service).
type Mandates interface {
	Holds(ctx context.Context, q postgres.Querier, brokerAccount, org int64) (bool, error)
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB       *postgres.DB
	Audit    audit.Recorder
	Listings Listings
	Files    Files
	Notices  Notices
	Mandates Mandates
	Now      func() time.Time
}

// Service carries deals. A deal is visible to members (经办人, 单位管理员) of its two organisations and to the
// broker who introduced them; for everybody else, officers included, it does not exist (NotFound).
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

// Limits of texts, in characters, and of files per message.
const (
	maxMessage = 4000
	maxNote    = 500
	maxFiles   = 5
)

// Accept answers an approach: talks begin and the answering person carries them for its side.
// Who: members of the approached organisation. Faults: NotFound, Conflict wrong_state, Forbidden wrong_side.
func (s *Service) Accept(ctx context.Context, who actor.Actor, id int64) (Deal, error) {
	return s.step(ctx, who, id, EventAccept, func(ctx context.Context, c *change) error {
		now := s.config.Now()
		c.deal.AnsweredAt = &now
		if c.side == Supply {
			c.deal.SupplyAccount = who.AccountID
		} else {
			c.deal.DemandAccount = who.AccountID
		}
		c.title, c.body = who.OrgName+"接受了对接", "现在可以在洽谈页面交流、发送资料、提出合作条款。"
		return nil
	})
}

// Decline answers an approach with a coded reason (codes.Decline); the note is needed for "other".
// Who and faults: as Accept; Invalid with fields.
func (s *Service) Decline(ctx context.Context, who actor.Actor, id int64, code, note string) (Deal, error) {
	var f fault.Fields
	f.Check(codes.Decline.Has(code), "code", "missing", "请选择婉拒的原因，对方据此改进")
	checkNote(&f, code, note)
	if err := f.Err(); err != nil {
		return Deal{}, fmt.Errorf("deal: decline: %w", err)
	}
	return s.step(ctx, who, id, EventDecline, func(_ context.Context, c *change) error {
		now := s.config.Now()
		c.deal.AnsweredAt, c.deal.DeclineCode, c.deal.Note = &now, code, strings.TrimSpace(note)
		c.reason = code
		c.title, c.body = c.deal.speaker(who, c.side)+"婉拒了对接", "原因："+codes.Decline.Label(code)
		return nil
	})
}

// Withdraw takes an unanswered approach back. Who: members of the opening side, the broker.
// Faults: as Accept.
func (s *Service) Withdraw(ctx context.Context, who actor.Actor, id int64) (Deal, error) {
	return s.step(ctx, who, id, EventWithdraw, func(_ context.Context, c *change) error {
		c.title, c.body = c.deal.speaker(who, c.side)+"撤回了对接意向", "无需再答复。"
		return nil
	})
}

// End closes talks with a coded reason (EndReasons); the note is needed for "other".
// Who: members of both organisations. Faults: as Accept; Invalid with fields.
func (s *Service) End(ctx context.Context, who actor.Actor, id int64, code, note string) (Deal, error) {
	reasons := EndReasons()
	i := slices.IndexFunc(reasons, func(r EndReason) bool { return r.Code == code })
	var f fault.Fields
	f.Check(i >= 0, "code", "missing", "请选择终止洽谈的原因")
	checkNote(&f, code, note)
	if err := f.Err(); err != nil {
		return Deal{}, fmt.Errorf("deal: end: %w", err)
	}
	return s.step(ctx, who, id, EventEnd, func(_ context.Context, c *change) error {
		c.deal.EndReason, c.deal.Note = code, strings.TrimSpace(note)
		c.reason = code
		c.title, c.body = who.OrgName+"终止了洽谈", "原因："+reasons[i].Label
		return nil
	})
}

func checkNote(f *fault.Fields, code, note string) {
	least := 0
	if code == "other" {
		least = 2
	}
	text(f, "note", note, least, maxNote, "请写明原因")
}

// Say adds a message with at most five files to the thread.
// Who: the parties, while talking or agreed. Faults: as Accept; Invalid with fields.
func (s *Service) Say(ctx context.Context, who actor.Actor, id int64, body string, fileIDs []int64) (Message, error) {
	var f fault.Fields
	text(&f, "body", body, 1, maxMessage, "请填写留言内容")
	if err := f.Err(); err != nil {
		return Message{}, fmt.Errorf("deal: message: %w", err)
	}
	attached, err := s.attachments(ctx, who, fileIDs)
	if err != nil {
		return Message{}, fmt.Errorf("deal: message: %w", err)
	}
	m := Message{At: s.config.Now(), AccountID: who.AccountID, Body: strings.TrimSpace(body), Files: attached}
	_, err = s.step(ctx, who, id, EventMessage, func(ctx context.Context, c *change) (err error) {
		m.Side = c.side
		m.ID, err = addMessage(ctx, c.tx, id, m)
		c.title, c.body = who.OrgName+"发来留言", excerpt(m.Body)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

// Propose puts a new version of the terms on the table; older versions are void from then on. A side accepts
// what it proposes; a broker's proposal waits for both. After is the number of the version the person has
// seen, 0 for none.
// Who: the parties, while talking. Faults: as Accept; Invalid with fields; Conflict terms_moved.
func (s *Service) Propose(ctx context.Context, who actor.Actor, id int64, after int, t Terms) (Proposal, error) {
	var p Proposal
	_, err := s.step(ctx, who, id, EventPropose, func(ctx context.Context, c *change) error {
		if err := t.check(c.deal.BrokerAccount != 0); err != nil {
			return err
		}
		latest := c.latest()
		if latest.Number != after {
			return errTermsMoved
		}
		now := s.config.Now()
		p = Proposal{Number: after + 1, Terms: t, ProposedBy: who.AccountID, ProposedSide: c.side, ProposedAt: now}
		p.accept(c.side, who.AccountID, now)
		c.title, c.body = who.OrgName+"提出了合作条款", fmt.Sprintf("第 %d 版，金额 %s。请核对后接受，或提出新的版本。", p.Number, t.Amount.Short())
		return addProposal(ctx, c.tx, id, p)
	})
	if err != nil {
		return Proposal{}, err
	}
	return p, nil
}

// AcceptTerms accepts the version on the table for the actor's side. When both sides have accepted the same
// version, the deal is agreed and its terms are frozen.
// Who: members of both organisations, never the broker. Faults: as Accept; Conflict no_terms, terms_moved (a
// newer version is on the table), already_accepted.
func (s *Service) AcceptTerms(ctx context.Context, who actor.Actor, id int64, number int) (Deal, error) {
	return s.step(ctx, who, id, EventAcceptTerms, func(ctx context.Context, c *change) error {
		p := c.latest()
		switch {
		case p.Number == 0:
			return fault.New(fault.Conflict, "no_terms", "还没有人提出合作条款，请先填写条款")
		case p.Number != number:
			return errTermsMoved
		case p.Accepted(c.side):
			return fault.New(fault.Conflict, "already_accepted", "本单位已经接受这一版条款，请等待对方答复")
		}
		now := s.config.Now()
		p.accept(c.side, who.AccountID, now)
		c.title, c.body = who.OrgName+"接受了合作条款", fmt.Sprintf("第 %d 版，请您核对后接受。", number)
		if c.to == Agreed {
			c.deal.AgreedAt = &now
			c.title, c.body = "双方已达成一致", fmt.Sprintf("按第 %d 版条款。下一步由成果方生成技术合同，签订后申请认定登记。", number)
		}
		return storeAcceptance(ctx, c.tx, id, p)
	})
}

func (p *Proposal) accept(side Side, account int64, at time.Time) {
	switch side {
	case Supply:
		p.SupplyAcceptedBy, p.SupplyAcceptedAt = account, &at
	case Demand:
		p.DemandAcceptedBy, p.DemandAcceptedAt = account, &at
	}
}

// Agreed returns an agreed deal with its frozen terms and listings, for the contract.
// Who: the parties. Faults: NotFound, Conflict deal_not_agreed.
func (s *Service) Agreed(ctx context.Context, who actor.Actor, id int64) (Agreement, error) {
	const op = "deal: agreed"
	v, err := s.Read(ctx, who, id)
	if err != nil {
		return Agreement{}, err
	}
	if v.Deal.State != Agreed {
		return Agreement{}, fmt.Errorf(op+": %w", fault.New(fault.Conflict, "deal_not_agreed", "双方尚未就同一版条款达成一致，达成后才能生成合同"))
	}
	out := Agreement{Deal: v.Deal, Terms: v.Terms().Terms}
	for _, l := range []struct {
		id int64
		to **ListingFacts
	}{{v.Deal.SupplyListing, &out.Supply}, {v.Deal.DemandListing, &out.Demand}} {
		if l.id == 0 {
			continue
		}
		facts, err := s.config.Listings.Facts(ctx, l.id)
		if err != nil {
			return Agreement{}, fmt.Errorf(op+": %w", err)
		}
		*l.to = &facts
	}
	return out, nil
}

// Replies says how an organisation answers approaches: a public figure of the unit (docs/rules/listings.md §5).
type Replies struct {
	Received    int64 `json:"received"`
	Answered    int64 `json:"answered"`
	MedianHours int64 `json:"medianHours"` // from approach to answer; 0 without answers
}

// Replies counts the approaches that an organisation received since a time. Anybody may ask.
func (s *Service) Replies(ctx context.Context, org int64, since time.Time, sample bool) (Replies, error) {
	rows, err := s.config.DB.Query(ctx, selectReplies, pgx.StrictNamedArgs{"org": org, "since": since, "sample": sample})
	if err != nil {
		return Replies{}, fmt.Errorf("deal: replies: %w", postgres.Fault(err))
	}
	out, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Replies])
	if err != nil {
		return Replies{}, fmt.Errorf("deal: replies: %w", postgres.Fault(err))
	}
	return out, nil
}

// Record is what became of a broker's introductions.
type Record struct {
	Introduced int64 `json:"introduced"`
	Accepted   int64 `json:"accepted"` // answered with talks
	Agreed     int64 `json:"agreed"`
}

// Records counts the deals that brokers introduced, by account. Counts only: anybody may ask.
func (s *Service) Records(ctx context.Context, accounts []int64, sample bool) (map[int64]Record, error) {
	rows, err := s.config.DB.Query(ctx, selectRecords, pgx.StrictNamedArgs{"accounts": accounts, "sample": sample})
	if err != nil {
		return nil, fmt.Errorf("deal: records: %w", postgres.Fault(err))
	}
	out := map[int64]Record{}
	var account int64
	var r Record
	if _, err := pgx.ForEachRow(rows, []any{&account, &r.Introduced, &r.Accepted, &r.Agreed},
		func() error { out[account] = r; return nil }); err != nil {
		return nil, fmt.Errorf("deal: records: %w", postgres.Fault(err))
	}
	return out, nil
}

// change is one step in progress, under the deal's row lock.
type change struct {
	tx          pgx.Tx
	deal        Deal
	side        Side
	to          State
	terms       []Proposal
	reason      string
	title, body string // of the notice to the others
}

func (c *change) latest() Proposal {
	if len(c.terms) == 0 {
		return Proposal{}
	}
	return c.terms[len(c.terms)-1]
}

// step carries out one event (Forbidden org_not_confirmed for organisations that may not trade): lock, table, effect, history, notice,
// audit, in one transaction.
func (s *Service) step(
	ctx context.Context,
	who actor.Actor,
	id int64,
	on Event,
	effect func(context.Context, *change) error,
) (Deal, error) {
	var c change
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		c = change{tx: tx}
		if c.deal, c.side, err = s.visible(ctx, tx, who, id, true); err != nil {
			return err
		}
		if c.terms, err = proposals(ctx, tx, id); err != nil {
			return err
		}
		// A suspended organisation may leave a deal, not carry it on.
		if who.OrgState != actor.Confirmed && on != EventDecline && on != EventWithdraw && on != EventEnd {
			return errNotConfirmed
		}
		from := c.deal.State
		if c.to, err = next(from, on, c.deal.role(c.side), c.latest().Accepted(c.side.Other())); err != nil {
			return err
		}
		if err := effect(ctx, &c); err != nil {
			return err
		}
		c.deal.State = c.to
		if err := c.deal.store(ctx, tx, s.config.Now()); err != nil {
			return err
		}
		if on != EventMessage { // the thread is its own history
			if err := addEvent(ctx, tx, id, who.AccountID, Step{At: s.config.Now(), Event: on, From: from, To: c.to, Reason: c.reason}); err != nil {
				return err
			}
		}
		if err := s.tell(ctx, tx, who, c.deal, c.title, c.body); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "deal."+string(on), id, map[string]any{"from": from, "to": c.to, "reason": c.reason})
	})
	if err != nil {
		return Deal{}, fmt.Errorf("deal: %s: %w", on, err)
	}
	return c.deal.forReader(c.side), nil
}

// visible loads a deal and finds the actor's side; outsiders get NotFound.
func (s *Service) visible(ctx context.Context, q postgres.Querier, who actor.Actor, id int64, lock bool) (Deal, Side, error) {
	d, err := load(ctx, q, id, lock)
	if err != nil {
		return Deal{}, nobody, missing(err)
	}
	return d.seenBy(who)
}

// seenBy finds the side on which somebody reads a deal; outsiders get NotFound.
func (d Deal) seenBy(who actor.Actor) (Deal, Side, error) {
	switch {
	case who.In(d.SupplyOrg) && who.Member():
		return d, Supply, nil
	case who.In(d.DemandOrg) && who.Member():
		return d, Demand, nil
	case who.SignedIn() && who.AccountID == d.BrokerAccount && who.Has(actor.Broker):
		return d, Broker, nil
	}
	return Deal{}, nobody, errNotFound
}

func (d Deal) role(s Side) role {
	switch s {
	case Broker:
		return middle
	case d.OpenedSide:
		return opener
	}
	return answerer
}

// attachments reads the facts of uploaded files and refuses those of other organisations.
func (s *Service) attachments(ctx context.Context, who actor.Actor, ids []int64) ([]File, error) {
	if len(ids) > maxFiles {
		f := fault.Fields{}
		f.Addf("files", "too_many", "一条留言最多 %d 个文件，请分几条发送", maxFiles)
		return nil, f.Err()
	}
	out := make([]File, 0, len(ids))
	for _, id := range ids {
		facts, err := s.config.Files.Own(ctx, s.config.DB, who.OrgID, id)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(f File) bool { return f.ID == id }) {
			out = append(out, File{ID: id, Name: facts.Name, Size: facts.Size})
		}
	}
	return out, nil
}

// tell leaves a notice with everybody on the deal but the actor.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, who actor.Actor, d Deal, title, body string) error {
	var to []int64
	for _, account := range []int64{d.SupplyAccount, d.DemandAccount, d.BrokerAccount} {
		if account != 0 && account != who.AccountID {
			to = append(to, account)
		}
	}
	if len(to) == 0 {
		return nil
	}
	return s.config.Notices.Tell(ctx, tx, notify.Note{To: to, Kind: "deal", Title: title + "：" + d.Subject, Body: body,
		Link: "/deals/" + strconv.FormatInt(d.ID, 10), At: s.config.Now()})
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, id int64, detail map[string]any) error {
	return s.config.Audit.Record(
		ctx,
		tx,
		audit.Event{Actor: who, Action: action, ObjectKind: "deal", ObjectID: strconv.FormatInt(id, 10), Detail: detail},
	)
}

func excerpt(body string) string {
	if r := []rune(body); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return body
}

var (
	errNotConfirmed = fault.New(fault.Forbidden, "org_not_confirmed", "单位未通过确认或已被暂停，请联系自治区管理员")
	errTermsMoved   = fault.New(fault.Conflict, "terms_moved", "条款已有新的版本，请核对最新一版后再办理")
)
