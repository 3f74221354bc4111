package broker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// MandateState is where a mandate stands.
type MandateState string

// The states of a mandate.
const (
	MandateAsked   MandateState = "asked"   // 等待客户答复
	MandateGiven   MandateState = "given"   // 已委托, until its last day
	MandateRefused MandateState = "refused" // 客户未同意
	MandateEnded   MandateState = "ended"   // 已终止
)

// MandateEvent moves a mandate.
type MandateEvent string

// The events of a mandate.
const (
	GiveMandate   MandateEvent = "give"
	RefuseMandate MandateEvent = "refuse"
	EndMandate    MandateEvent = "end"
)

type mandateMove struct {
	from   MandateState
	on     MandateEvent
	client bool // the client's members may
	broker bool // the broker may
	to     MandateState
}

// mandateMoves is the whole table:
//
//	asked ──give (client)────────────▶ given
//	      ──refuse (client)──────────▶ refused
//	      ──end (broker)─────────────▶ ended
//	given ──end (client, broker)─────▶ ended
var mandateMoves = []mandateMove{
	{MandateAsked, GiveMandate, true, false, MandateGiven},
	{MandateAsked, RefuseMandate, true, false, MandateRefused},
	{MandateAsked, EndMandate, false, true, MandateEnded},
	{MandateGiven, EndMandate, true, true, MandateEnded},
}

// Mandate is a client's word that a broker may open talks in its name (docs/rules/listings.md §8).
type Mandate struct {
	ID            int64        `json:"id"`
	BrokerAccount int64        `json:"brokerAccountId"`
	BrokerOrg     int64        `json:"brokerOrgId"`
	ClientOrg     int64        `json:"clientOrgId"`
	State         MandateState `json:"state"`
	Note          string       `json:"note"`
	ValidTo       string       `json:"validTo" format:"date"` // last day, "2006-01-02"; "" before it is given
	AskedAt       time.Time    `json:"askedAt"`
	AnsweredAt    *time.Time   `json:"answeredAt"`
	Sample        bool         `json:"sample"`
}

// Limits of a mandate: days that it may run, requests that a broker may have waiting, characters of the note.
const (
	mandateDays    = 366
	mandateWaiting = 20
	mandateNote    = 500
)

// AskMandate asks an organisation whether the broker may speak for it, and tells its members.
// Who: a broker of a confirmed organisation, for another confirmed organisation.
// Faults: Unauthorized; Forbidden; Invalid with fields; Conflict mandate_open; TooMany mandates_waiting.
func (s *Service) AskMandate(ctx context.Context, who actor.Actor, client int64, note string) (Mandate, error) {
	const op = "broker: ask mandate"
	if err := mayMediate(who); err != nil {
		return Mandate{}, fmt.Errorf(op+": %w", err)
	}
	orgs, err := s.config.People.Organisations(ctx, []int64{client})
	if err != nil {
		return Mandate{}, fmt.Errorf(op+": %w", err)
	}
	note = strings.TrimSpace(note)
	var f fault.Fields
	f.Check(orgs[client].State == actor.Confirmed, "client", "not_confirmed", "没有这个单位，或它还没有通过确认")
	f.Check(client != who.OrgID, "client", "own", "本单位的信息不需要委托，请以本单位身份发起对接")
	f.Check(utf8.RuneCountInString(note) >= 4, "note", "too_short", "请写明想为对方做什么，对方据此决定")
	f.Check(utf8.RuneCountInString(note) <= mandateNote, "note", "too_long", "最多 500 个字，请删减")
	if err := f.Err(); err != nil {
		return Mandate{}, fmt.Errorf(op+": %w", err)
	}
	m := Mandate{BrokerAccount: who.AccountID, BrokerOrg: who.OrgID, ClientOrg: client, State: MandateAsked, Note: note,
		AskedAt: s.config.Now(), Sample: who.Sample || orgs[client].Sample}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if n, err := countWaiting(ctx, tx, who.AccountID); err != nil || n >= mandateWaiting {
			if err != nil {
				return err
			}
			return fault.Newf(fault.TooMany, "mandates_waiting", "您已有 %d 份委托请求在等待答复，请等对方答复或撤回几份后再请求", n)
		}
		if m.ID, err = insertMandate(ctx, tx, m); err != nil {
			return err
		}
		if err := s.tellClient(ctx, tx, m, "技术经纪人"+who.Name+"请求您的委托"); err != nil {
			return err
		}
		return s.recordMandate(ctx, tx, who, "ask", m)
	})
	if err != nil {
		return Mandate{}, fmt.Errorf(op+": %w", err)
	}
	return m, nil
}

// MandateCommand is one step of a mandate.
type MandateCommand struct {
	ID      int64
	Event   MandateEvent
	ValidTo string // give: its last day, at most a year ahead
}

// DoMandate carries out one step. Who: members of the client for their answer, the broker for his end of it; everybody
// else finds no such mandate. Faults: NotFound; Forbidden wrong_side; Conflict wrong_state; Invalid with fields.
func (s *Service) DoMandate(ctx context.Context, who actor.Actor, c MandateCommand) (Mandate, error) {
	const op = "broker: mandate"
	var m Mandate
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if m, err = lockMandate(ctx, tx, c.ID); err != nil {
			return err
		}
		client := who.In(m.ClientOrg) && who.Member()
		broker := who.SignedIn() && who.AccountID == m.BrokerAccount
		if !client && !broker {
			return errNoMandate
		}
		if m.State, err = nextMandate(m.State, c.Event, client, broker); err != nil {
			return err
		}
		now := s.config.Now()
		if c.Event == GiveMandate {
			if m.ValidTo, err = mandateEnd(c.ValidTo, now); err != nil {
				return err
			}
		}
		m.AnsweredAt = &now
		if err := storeMandate(ctx, tx, m, who.AccountID); err != nil {
			return err
		}
		if err := s.tellOther(ctx, tx, m, who, c.Event); err != nil {
			return err
		}
		return s.recordMandate(ctx, tx, who, string(c.Event), m)
	})
	if err != nil {
		return Mandate{}, fmt.Errorf(op+": %w", err)
	}
	return m, nil
}

func nextMandate(from MandateState, on MandateEvent, client, broker bool) (MandateState, error) {
	known := false
	for _, m := range mandateMoves {
		if m.from == from && m.on == on {
			known = true
			if m.client && client || m.broker && broker {
				return m.to, nil
			}
		}
	}
	if known {
		return "", fault.New(fault.Forbidden, "wrong_side", "这一步由另一方办理")
	}
	return "", fault.New(fault.Conflict, "wrong_state", "这份委托的状态已经变化，请刷新页面")
}

func mandateEnd(day string, now time.Time) (string, error) {
	_, err := time.Parse(time.DateOnly, day)
	var f fault.Fields
	f.Check(err == nil, "validTo", "bad_date", "请按 2026-03-02 的样式填写委托的最后一天")
	f.Check(err != nil || day >= clock.Day(now), "validTo", "past", "委托的最后一天已经过去，请重新填写")
	f.Check(err != nil || day <= clock.Day(now.AddDate(0, 0, mandateDays)), "validTo", "too_long", "一份委托最长一年，到期可以再请求")
	return day, f.Err()
}

// Holds says whether the broker may speak for the organisation today. It takes part in the caller's transaction.
func (s *Service) Holds(ctx context.Context, q postgres.Querier, account, org int64) (bool, error) {
	held, err := holdsMandate(ctx, q, account, org, clock.Day(s.config.Now()))
	if err != nil {
		return false, fmt.Errorf("broker: holds mandate: %w", postgres.Fault(err))
	}
	return held, nil
}

// Mandates lists what the actor has asked as a broker and what his organisation was asked, newest first, at most 100.
func (s *Service) Mandates(ctx context.Context, who actor.Actor) ([]Mandate, error) {
	args := pgx.StrictNamedArgs{"broker": int64(-1), "client": int64(-1)}
	if who.Has(actor.Broker) {
		args["broker"] = who.AccountID
	}
	if who.Member() {
		args["client"] = who.OrgID
	}
	found, err := postgres.Many[Mandate](ctx, s.config.DB, selectMandates, args)
	if err != nil {
		return nil, fmt.Errorf("broker: mandates: %w", err)
	}
	return found, nil
}

// Current says whether the mandate holds on the day of now.
func (m Mandate) Current(now time.Time) bool {
	return m.State == MandateGiven && m.ValidTo >= clock.Day(now)
}

// mayMediate lets brokers of confirmed organisations act as such. Faults: Unauthorized; Forbidden not_broker, org_not_confirmed.
func mayMediate(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !who.Has(actor.Broker):
		return fault.New(fault.Forbidden, "not_broker", "只有技术经纪人可以公开资料、请求委托；请本单位管理员为您加上技术经纪人角色")
	case who.OrgState != actor.Confirmed:
		return fault.New(fault.Forbidden, "org_not_confirmed", "单位尚未通过自治区管理员确认，确认后才能公开资料、请求委托")
	}
	return nil
}

func (s *Service) tellClient(ctx context.Context, tx pgx.Tx, m Mandate, title string) error {
	to, err := s.config.People.AccountsOf(ctx, m.ClientOrg, actor.Member, actor.OrgAdmin)
	if err != nil || len(to) == 0 {
		return err
	}
	return notify.Message(ctx, tx, notify.Note{To: to, Kind: "mandate", Title: title, Body: "同意后，对方可以代表贵单位发起对接。" + m.Note,
		Link: "/mandates", At: m.AskedAt})
}

func (s *Service) tellOther(ctx context.Context, tx pgx.Tx, m Mandate, who actor.Actor, on MandateEvent) error {
	title := map[MandateEvent]string{GiveMandate: who.OrgName + "同意了您的委托请求", RefuseMandate: who.OrgName + "没有同意您的委托请求",
		EndMandate: who.OrgName + "终止了委托"}[on]
	if who.AccountID == m.BrokerAccount {
		return s.tellClient(ctx, tx, m, "技术经纪人"+who.Name+"终止了委托")
	}
	return notify.Message(ctx, tx, notify.Note{To: []int64{m.BrokerAccount}, Kind: "mandate", Title: title, Body: "在“委托”里查看。",
		Link: "/mandates", At: s.config.Now()})
}

func (s *Service) recordMandate(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, m Mandate) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: "mandate." + action, ObjectKind: "broker_mandate",
		ObjectID: strconv.FormatInt(m.ID, 10), Detail: map[string]any{"client": m.ClientOrg, "state": m.State}})
}

// MandateEvents lists what the actor may do with the mandate now.
func MandateEvents(who actor.Actor, m Mandate) []MandateEvent {
	client, broker := who.In(m.ClientOrg) && who.Member(), who.AccountID == m.BrokerAccount
	var out []MandateEvent
	for _, row := range mandateMoves {
		if row.from == m.State && (row.client && client || row.broker && broker) && !slices.Contains(out, row.on) {
			out = append(out, row.on)
		}
	}
	return out
}

var errNoMandate = fault.New(fault.NotFound, "mandate_not_found", "没有找到这份委托，请从“委托”重新打开")
