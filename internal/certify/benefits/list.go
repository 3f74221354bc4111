package benefits

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Purpose is what a list is for.
type Purpose string

// The purposes.
const (
	TaxList     Purpose = "tax"     // 免税备案: classes 01–03 (财税〔2016〕36号 附件3)
	SubsidyList Purpose = "subsidy" // 后补助
)

// List is one issued list.
type List struct {
	Number       string
	PointID      int64
	Division     string
	ApplicantOrg int64
	Purpose      Purpose
	Large        bool
	State        string // valid, void
	VoidReason   string
	Body         string // canonical JSON of ListBody
	Digest       string
	Suite        string
	KeyID        string
	Signature    string
	CheckCode    string
	LedgerSeq    int64
	IssuedAt     time.Time
	VoidedAt     *time.Time
	Sample       bool
}

// ListBody is what a list says.
type ListBody struct {
	Number    string     `json:"number"`
	Purpose   Purpose    `json:"purpose"`
	Large     bool       `json:"large"`
	Applicant string     `json:"applicant"` // the seller's name as registered
	Point     string     `json:"point"`
	Items     []ListItem `json:"items"`
	Amount    money.Fen  `json:"amountFen"`    // ΣC
	Technical money.Fen  `json:"technicalFen"` // ΣT
	IssuedAt  string     `json:"issuedAt"`
	CheckCode string     `json:"checkCode"`
	Sample    bool       `json:"sample"`
}

// ListItem is one contract of a list, in the version that stood on the day of issue.
type ListItem struct {
	Number       string    `json:"number"`
	Version      int       `json:"version"`
	Title        string    `json:"title"`
	Class        string    `json:"class"`
	Seller       string    `json:"seller"`
	Buyer        string    `json:"buyer"`
	Amount       money.Fen `json:"amountFen"`
	Technical    money.Fen `json:"technicalFen"`
	RegisteredOn string    `json:"registeredOn"`
}

// View reads the body.
func (l List) View() (ListBody, error) {
	var b ListBody
	if err := json.Unmarshal([]byte(l.Body), &b); err != nil {
		return b, fmt.Errorf("list %s: %w", l.Number, err)
	}
	return b, nil
}

const maxListItems = 200

// IssueList stamps a list of registered contracts of one applicant at one point. Registrar or head of the point. Faults: Invalid
// fields; Conflict "list_mixed" (large and ordinary, or several applicants), "list_not_standing" (a contract that does not stand
// as registered), "list_class" (a tax list holds classes 01–03 without a failed tax review).
func (s *Service) IssueList(ctx context.Context, a actor.Actor, purpose Purpose, numbers []string) (List, error) {
	var l List
	err := s.trail.Guard(ctx, a, "issue_list", "registration_list", "", func(ctx context.Context, tx pgx.Tx) error {
		var bad fault.Fields
		bad.Check(purpose == TaxList || purpose == SubsidyList, "purpose", "unknown", "请选择清单的用途")
		numbers = slices.Clone(numbers)
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
		bad.Checkf(len(numbers) > 0 && len(numbers) <= maxListItems, "numbers", "count", "请选择 1 至 %d 份合同", maxListItems)
		if err := bad.Err(); err != nil {
			return err
		}
		regs, err := s.config.Registry.Lock(ctx, tx, numbers)
		if err != nil {
			return err
		}
		p, err := point.Read(ctx, tx, regs[0].PointID)
		if err != nil {
			return err
		}
		if !a.Has(actor.Registrar, actor.PointHead) || !a.In(p.OrganisationID) {
			return registry.RegistrationNotFound()
		}
		policy, err := deadline.InForce(ctx, tx, clock.Date(s.config.Now()))
		if err != nil {
			return err
		}
		large, err := fit(purpose, p, policy.LargeAmount, regs)
		if err != nil {
			return err
		}
		if l, err = s.newList(ctx, tx, p, purpose, large, regs); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, "issue_list", "registration_list", l.Number, map[string]any{"numbers": numbers}); err != nil {
			return err
		}
		row, err := s.config.Ledger.Append(ctx, tx, ledger.Entry{Kind: "list", Ref: l.Number, Payload: listRow{Body: json.RawMessage(l.Body),
			Digest: l.Digest, Suite: l.Suite, KeyID: l.KeyID, Signature: l.Signature, Account: a.AccountID}})
		if err != nil {
			return fmt.Errorf("append to ledger: %w", err)
		}
		l.LedgerSeq = row.Seq
		if err := addList(ctx, tx, l, a.AccountID, regs); err != nil {
			return err
		}
		return s.book.Note(ctx, tx, witness.List(l.Number))
	})
	return l, err
}

// fit refuses registrations that cannot stand on one list of a point, and says whether they are the large ones.
func fit(purpose Purpose, p point.Point, largeAmount money.Fen, regs []registry.Registration) (large bool, err error) {
	first := regs[0]
	large = first.Technical >= largeAmount
	for _, r := range regs {
		switch {
		case r.PointID != p.ID:
			return large, registry.RegistrationNotFound()
		case r.State != registry.Registered:
			return large, fault.Newf(fault.Conflict, "list_not_standing", "%s现在不是已登记状态，不能列入清单", r.Number).
				With(r.Number, r.State)
		case r.ApplicantOrg != first.ApplicantOrg || r.SellerName != first.SellerName:
			return large, fault.New(fault.Conflict, "list_mixed", "一份清单只列一个申请单位的合同，请分开办理")
		case (r.Technical >= largeAmount) != large:
			return large, fault.Newf(fault.Conflict, "list_mixed", "技术交易额 %s以上的合同与其他合同不能列在同一份清单，请分开办理", largeAmount.Short())
		case purpose == TaxList && (!slices.Contains([]string{"01", "02", "03"}, r.Class[:2]) || r.TaxReview == "no"):
			return large, fault.Newf(fault.Conflict, "list_class", "%s不能列入税收清单：只列技术开发、转让、许可，且免税复核未被否定", r.Number)
		}
	}
	return large, nil
}

// listRow is the ledger payload of a list.
type listRow struct {
	Body      json.RawMessage `json:"list"`
	Digest    string          `json:"digest"`
	Suite     string          `json:"suite"`
	KeyID     string          `json:"keyId"`
	Signature string          `json:"signature"`
	Account   int64           `json:"account"`
}

func (s *Service) newList(
	ctx context.Context,
	tx pgx.Tx,
	p point.Point,
	purpose Purpose,
	large bool,
	regs []registry.Registration,
) (List, error) {
	now := s.config.Now()
	year := clock.Date(now).Year()
	var serial int
	if err := tx.QueryRow(ctx, nextList, pgx.StrictNamedArgs{"point": p.ID, "year": year}).Scan(&serial); err != nil {
		return List{}, fmt.Errorf("list number: %w", err)
	}
	code, err := ledger.CheckCode(s.config.Random)
	if err != nil {
		return List{}, err
	}
	body := ListBody{
		Number:    fmt.Sprintf("QD%04d%s%s%04d", year, p.Region4, p.Code2, serial),
		Purpose:   purpose,
		Large:     large,
		Applicant: regs[0].SellerName,
		Point:     p.Name,
		IssuedAt:  clock.Local(now).Format(time.RFC3339),
		CheckCode: code,
		Sample:    regs[0].Sample,
	}
	for _, r := range regs {
		body.Items = append(
			body.Items,
			ListItem{r.Number, r.Version, r.Title, r.Class, r.SellerName, r.BuyerName, r.Amount, r.Technical, r.RegisteredOn.Format(time.DateOnly)},
		)
		body.Amount += r.Amount
		body.Technical += r.Technical
	}
	canonical, err := ledger.Canonical(body)
	if err != nil {
		return List{}, fmt.Errorf("list: %w", err)
	}
	signed, err := s.config.Ledger.SignBody(ctx, []byte(canonical))
	if err != nil {
		return List{}, fmt.Errorf("sign list: %w", err)
	}
	return List{
		Number:       body.Number,
		PointID:      p.ID,
		Division:     p.Division,
		ApplicantOrg: regs[0].ApplicantOrg,
		Purpose:      purpose,
		Large:        large,
		State:        "valid",
		Body:         canonical,
		Digest:       signed.Digest.String(),
		Suite:        signed.Suite,
		KeyID:        signed.KeyID,
		Signature:    signed.Signature.String(),
		CheckCode:    body.CheckCode,
		IssuedAt:     now,
		Sample:       body.Sample,
	}, nil
}

// VoidLists lets the lists of a registration fall and names them; it runs inside cancellation and revocation, which write their records.
func (s *Service) VoidLists(ctx context.Context, tx pgx.Tx, number, reason string, at time.Time) (lists []string, err error) {
	if lists, err = validLists(ctx, tx, number); err != nil {
		return nil, fmt.Errorf("void lists: %w", err)
	}
	for _, list := range lists {
		if err := s.book.Hold(ctx, tx, witness.List(list)); err != nil {
			return nil, err
		}
	}
	if _, err := tx.Exec(ctx, updateListsVoid, pgx.StrictNamedArgs{"lists": lists, "reason": reason, "at": at}); err != nil {
		return nil, fmt.Errorf("void lists: %w", err)
	}
	return lists, nil
}

// Lists gives the lists in the actor's scope, newest first, at most 100: of the points and the area, and of the own organisation.
func (s *Service) Lists(ctx context.Context, a actor.Actor) ([]List, error) {
	sc, err := s.config.Registry.ScopeOf(ctx, a)
	if err != nil {
		return nil, err
	}
	return readLists(ctx, s.config.DB, sc)
}

// List reads one list in the actor's scope. NotFound "list_not_found".
func (s *Service) List(ctx context.Context, a actor.Actor, number string) (List, error) {
	var l List
	err := s.trail.Guard(ctx, a, "read", "registration_list", number, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if l, err = oneList(ctx, tx, number); err != nil {
			return err
		}
		p, err := point.Read(ctx, tx, l.PointID)
		if err == nil && len(registry.Stand(a, l.ApplicantOrg, nil, p)) == 0 {
			err = listNotFound()
		}
		return err
	})
	if err != nil {
		return List{}, err
	}
	return l, nil
}

func listNotFound() error {
	return fault.New(fault.NotFound, "list_not_found", "没有找到这份清单。请核对清单编号和校验码")
}

// ListCheck is the public answer about a list.
type ListCheck struct {
	List  List // Body empty
	View  ListBody
	Words string
	Items []string // what became of each contract since: "", 已变更 …
}

// CheckList is the public answer about a list; where it or a registration on it differs from the ledger, only that.
// Unknown number and wrong code look the same: NotFound "list_not_found".
func (s *Service) CheckList(ctx context.Context, number, code string) (ListCheck, error) {
	l, err := oneList(ctx, s.config.DB, codes.Printed(number))
	if err != nil {
		return ListCheck{}, err
	}
	if l.CheckCode != codes.Printed(code) {
		return ListCheck{}, listNotFound()
	}
	subjects := []witness.Subject{witness.List(l.Number)}
	items, err := listed(ctx, s.config.DB, l.Number)
	for _, number := range items {
		subjects = append(subjects, witness.Registration(number))
	}
	if err != nil {
		return ListCheck{}, err
	}
	if agrees, err := s.book.Agrees(ctx, s.config.DB, subjects...); err != nil || !agrees {
		return ListCheck{List: List{Number: l.Number, State: registry.UnderExamination}, View: ListBody{Number: l.Number},
			Words: registry.ExaminationWords}, err
	}
	out := ListCheck{List: l, Words: "有效"}
	if out.View, err = l.View(); err != nil {
		return ListCheck{}, err
	}
	if l.State == "void" {
		out.Words = "已失效（" + clock.Local(*l.VoidedAt).Format("2006 年 1 月 2 日") + "）：" + l.VoidReason
	}
	out.View.Applicant, out.List.Body = registry.Mask(out.View.Applicant), ""
	for i, item := range out.View.Items {
		r, err := registry.ReadRegistration(ctx, s.config.DB, item.Number)
		if err != nil {
			return ListCheck{}, err
		}
		words := ""
		switch {
		case r.EndedOn != nil:
			words = string(r.EndWords())
		case r.Version != item.Version:
			words = "已变更，金额以新证明为准"
		}
		out.Items = append(out.Items, words)
		out.View.Items[i].Seller, out.View.Items[i].Buyer = registry.Mask(item.Seller), registry.Mask(item.Buyer)
	}
	return out, nil
}
