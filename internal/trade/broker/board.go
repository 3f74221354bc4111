package broker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/trade/deal"
)

// Stage is a column of a broker's board.
type Stage string

// The stages, in the order of the board. What ended is on none.
const (
	Introduced Stage = "introduced" // 已引荐: waits for the other side's answer
	Talking    Stage = "talking"    // 洽谈中
	Agreed     Stage = "agreed"     // 已谈成, no contract yet
	Contracted Stage = "contract"   // 合同在办
	Registered Stage = "registered" // 已登记
)

// Stages lists the columns.
func Stages() []Stage { return []Stage{Introduced, Talking, Agreed, Contracted, Registered} }

// stillDays is after how many days without movement a broker is asked to follow up (our choice, docs/rules/listings.md §9).
const stillDays = 14

// termMonths is how long after the last contact a contract of the two introduced counts as one of the broker's to check (our choice).
const termMonths = 12

// Made is a contract of the two organisations of an introduction.
type Made struct {
	Deal       int64
	Own        bool // it came from this introduction
	Registered bool
	MadeAt     time.Time
	MovedAt    time.Time
}

// Introduction asks for the contracts of one pair of organisations, made in the span.
type Introduction struct {
	Deal, Supply, Demand int64
	From, To             time.Time
}

// BoardCard is one introduction as it stands; nothing of it is typed.
type BoardCard struct {
	Deal       deal.Deal `json:"deal"`
	Stage      Stage     `json:"stage"`
	MovedAt    time.Time `json:"movedAt"`
	StillDays  int       `json:"stillDays"`                // since the last movement
	FollowUpOn string    `json:"followUpOn" format:"date"` // "" once registered
	ShareBP    int64     `json:"shareBp"`                  // agreed by both sides; 0: none
	Commission money.Fen `json:"commissionFen"`            // of the agreed amount; due as money is received
	PaidBy     deal.Side `json:"paidBy"`
	// CheckedOn is when the two made a registered contract that names no introduction of this broker, a fact to check; "" without.
	CheckedOn string `json:"checkOn" format:"date"`
}

// Due reports whether the broker is asked to follow up by that day (2026-11-29).
func (b BoardCard) Due(day string) bool { return b.FollowUpOn != "" && b.FollowUpOn <= day }

// place puts a deal on the board; false where it has ended and nothing is to check.
func place(d deal.Deal, made []Made, now time.Time) (BoardCard, bool) {
	card := BoardCard{Deal: d, MovedAt: d.UpdatedAt}
	on := true
	switch d.State {
	case deal.Interested:
		card.Stage = Introduced
	case deal.Talking:
		card.Stage = Talking
	case deal.Agreed:
		card.Stage = Agreed
	default:
		on = false
	}
	for _, m := range made {
		switch {
		case m.Own && on:
			if card.Stage = Contracted; m.Registered {
				card.Stage = Registered
			}
			if m.MovedAt.After(card.MovedAt) {
				card.MovedAt = m.MovedAt
			}
		case !m.Own && m.Registered && within(d, m.MadeAt):
			if day := clock.Day(m.MadeAt); card.CheckedOn == "" || day < card.CheckedOn {
				card.CheckedOn = day
			}
		}
	}
	card.StillDays = max(clock.Days(card.MovedAt, now), 0)
	if on && card.Stage != Registered {
		card.FollowUpOn = clock.Day(clock.Local(card.MovedAt).AddDate(0, 0, stillDays))
	}
	return card, on || card.CheckedOn != ""
}

// within reports whether a contract made at that time falls in the term of an introduction that the other side had accepted. An
// approach that was never accepted names nobody and is not compared.
func within(d deal.Deal, at time.Time) bool {
	return met(d) && !at.Before(d.CreatedAt) && !at.After(termEnd(d))
}

func met(d deal.Deal) bool {
	return d.AnsweredAt != nil && d.DeclineCode == "" && d.State != deal.Interested
}

func termEnd(d deal.Deal) time.Time { return d.UpdatedAt.AddDate(0, termMonths, 0) }

// Board returns the broker's own introductions by stage, the longest without movement first, of the newest hundred.
// Who: a person with the broker role. Faults: Unauthorized; Forbidden not_broker.
func (s *Service) Board(ctx context.Context, who actor.Actor) ([]BoardCard, error) {
	const op = "broker: board"
	switch {
	case !who.SignedIn():
		return nil, fmt.Errorf(op+": %w", fault.SignIn())
	case !who.Has(actor.Broker):
		return nil, fmt.Errorf(op+": %w", fault.New(fault.Forbidden, "not_broker", "只有技术经纪人有经纪人工作台"))
	}
	list, err := s.config.Deals.List(ctx, who, deal.Filter{Introduced: true, Limit: 100})
	if err != nil {
		return nil, fmt.Errorf(op+": %w", err)
	}
	shares, err := s.config.Deals.Shares(ctx, who)
	if err != nil {
		return nil, fmt.Errorf(op+": %w", err)
	}
	var asked []Introduction
	for _, d := range list {
		if met(d) {
			asked = append(asked, Introduction{d.ID, d.SupplyOrg, d.DemandOrg, d.CreatedAt, termEnd(d)})
		}
	}
	made, err := s.config.Made(ctx, who.AccountID, asked)
	if err != nil {
		return nil, fmt.Errorf(op+": %w", err)
	}
	of := map[int64][]Made{}
	for _, m := range made {
		of[m.Deal] = append(of[m.Deal], m)
	}
	out := []BoardCard{}
	for _, d := range list {
		card, on := place(d, of[d.ID], s.config.Now())
		if !on {
			continue
		}
		if t, ok := shares[d.ID]; ok {
			card.ShareBP, card.Commission, card.PaidBy = t.CommissionBP, t.Commission(), t.CommissionBy
		}
		out = append(out, card)
	}
	slices.SortStableFunc(out, func(a, b BoardCard) int { return a.MovedAt.Compare(b.MovedAt) })
	return out, nil
}
