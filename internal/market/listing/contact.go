package listing

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
)

// Purpose is why somebody wants to see a contact person.
type Purpose string

// The purposes.
const (
	PurposeCooperate Purpose = "cooperate" // 洽谈合作
	PurposeConsult   Purpose = "consult"   // 技术咨询
	PurposeBroker    Purpose = "broker"    // 撮合对接
	PurposeVerify    Purpose = "verify"    // 核实信息
	PurposeOther     Purpose = "other"     // says which
)

// Purposes lists them for a form.
func Purposes() []Choice {
	return []Choice{{Code: string(PurposeCooperate), Label: "洽谈合作"}, {Code: string(PurposeConsult), Label: "技术咨询"},
		{Code: string(PurposeBroker), Label: "为双方撮合"}, {Code: string(PurposeVerify), Label: "核实信息"},
		{Code: string(PurposeOther), Label: "其他（请写明）"}}
}

// Masked is the contact as those see it who have not said what they want it for.
func (c Contact) Masked() Contact {
	return Contact{Name: codes.MaskName(c.Name), Phone: codes.MaskPhone(c.Phone), Email: codes.MaskEmail(c.Email)}
}

// shown is a content as the reader may see it. The operator at the server, who has no account, exports what the owners entrusted.
func shown[C Content[C]](who actor.Actor, l Listing, c C) C {
	switch {
	case who.In(l.OrganisationID), who.AccountID < 0:
		return c
	case !named(who, l):
		return c.Veiled()
	case !who.SignedIn():
		return c.ForGuest()
	}
	return c.WithPerson(c.Person().Masked())
}

// MayReveal refuses who is shown no contacts: people of organisations that nobody has confirmed or that are suspended, and accounts
// whose mail address is not confirmed. Faults: unauthorized; forbidden "contact_unconfirmed".
func MayReveal(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case who.Unconfirmed, who.OrgID == 0, who.OrgState != actor.Confirmed:
		return fault.New(fault.Forbidden, "contact_unconfirmed", "单位通过确认、本人确认邮箱以后，才能查看联系方式。可以先通过平台发起对接")
	}
	return nil
}

// Reveal shows the contact person of a listing that the actor may see, and writes down for what; the owner reads it in Reveals. How
// many a day is bounded at the door. The own organisation's is shown without a note.
// Faults: as MayReveal; forbidden "contact_undisclosed"; not found "listing"; invalid purpose, note.
func (b *Book[C]) Reveal(ctx context.Context, who actor.Actor, id int64, purpose Purpose, note string) (Contact, error) {
	if err := MayReveal(who); err != nil {
		return Contact{}, err
	}
	note = strings.TrimSpace(note)
	var fields fault.Fields
	fields.Check(known(Purposes(), string(purpose)), "purpose", "choose", "请选择查看的用途，对方会看到")
	fields.Check(purpose != PurposeOther || note != "", "note", "required", "请写明用途，对方会看到")
	fields.Check(utf8.RuneCountInString(note) <= 200, "note", "too_long", "说明最多 200 字")
	if err := fields.Err(); err != nil {
		return Contact{}, err
	}
	var out Contact
	err := b.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		org, err := b.config.Directory.OrganisationForShare(ctx, tx, who.OrgID) // the session may remember an older state
		if err != nil {
			return err
		}
		if who.OrgState = org.State; MayReveal(who) != nil {
			return MayReveal(who)
		}
		r, err := b.row(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.Kind != b.kind || !b.visible(who, r) {
			return errNotFound
		}
		if !named(who, r.Listing) {
			return fault.New(fault.Forbidden, "contact_undisclosed", "发布者没有公开单位名称和联系方式。请发起对接，对方接受后即可联系")
		}
		whole, err := b.item(actor.Actor{AccountID: who.AccountID, OrgID: r.OrganisationID}, r) // as its owner
		if err != nil {
			return err
		}
		content := whole.Content
		if whole.Published != nil && !seesDraft(who, r) {
			content = *whole.Published
		}
		if out = content.Person(); who.In(r.OrganisationID) {
			return nil
		}
		_, err = tx.Exec(ctx, insertReveal, pgx.StrictNamedArgs{"listing": id, "account": who.AccountID, "org": who.OrgID,
			"purpose": string(purpose), "note": note, "at": b.config.Now()})
		return err
	})
	if err != nil {
		return Contact{}, fmt.Errorf("reveal contact: %w", err)
	}
	return out, nil
}

func known(choices []Choice, code string) bool {
	for _, c := range choices {
		if c.Code == code {
			return true
		}
	}
	return false
}

// Revealed is one time that somebody was shown a contact person.
type Revealed struct {
	AccountID      int64
	OrganisationID int64
	Purpose        Purpose
	Note           string
	At             time.Time
}

// Reveals lists who was shown the contact person of the actor's own listing, newest first, 200 at most.
// Fault: not found "listing" for anybody else's.
func (s *Service) Reveals(ctx context.Context, who actor.Actor, id int64) ([]Revealed, error) {
	r, err := s.row(ctx, s.config.DB, id)
	if err != nil {
		return nil, err
	}
	if !who.In(r.OrganisationID) {
		return nil, errNotFound
	}
	rows, _ := s.config.DB.Query(ctx, revealsOf, pgx.StrictNamedArgs{"listing": id})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Revealed])
	if err != nil {
		return nil, fmt.Errorf("reveals: %w", err)
	}
	return list, nil
}
