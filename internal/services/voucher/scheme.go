package voucher

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
)

// Scheme is the dated policy row of an issuer. Once written, only its budget grows: what was granted keeps its rules.
type Scheme struct {
	ID        int64     `json:"id"`
	OrgID     int64     `json:"issuerOrgId"`
	Division  string    `json:"division"`
	Title     string    `json:"title"`
	Number    string    `json:"number"`
	FirstDay  time.Time `json:"firstDay" format:"date"`
	LastDay   time.Time `json:"lastDay" format:"date"`
	Limit     money.Fen `json:"limitFen" doc:"一家企业一年的上限"`
	RateBP    int       `json:"rateBp" doc:"支持比例，万分之几"`
	Budget    money.Fen `json:"budgetFen"`
	ValidDays int       `json:"validDays"`
	Kinds     []string  `json:"kinds"`
	Terms     string    `json:"terms"`
	Source    string    `json:"source"`
	Verified  bool      `json:"verified" doc:"已与文件原文核对"`
	Held      money.Fen `json:"heldFen" doc:"已发放的券占用的经费"`
	Issued    int       `json:"issued" doc:"已发放的张数"`
	Version   int       `json:"version"`
	Sample    bool      `json:"sample"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Left is what remains of the budget.
func (s Scheme) Left() money.Fen { return s.Budget - s.Held }

// Open reports whether applications are taken on a day.
func (s Scheme) Open(day time.Time) bool { return !day.Before(s.FirstDay) && !day.After(s.LastDay) }

// Takes reports whether a firm of a division may apply on a day.
func (s Scheme) Takes(division string, day time.Time) bool {
	return s.Open(day) && inArea(s.Division, division)
}

// Policy is the row as the rule reads it; providers are those that are listed when it is asked.
func (s Scheme) Policy(providers []string) Policy {
	return Policy{FirstDay: fact.OfDate(s.FirstDay), LastDay: fact.OfDate(s.LastDay), Limit: s.Limit, RateBP: s.RateBP, Budget: s.Budget,
		ValidDays: s.ValidDays, Kinds: s.Kinds, Providers: providers}
}

// Draw is what an issuer writes of a scheme.
type Draw struct {
	Title     string    `json:"title" required:"true"`
	Number    string    `json:"number"`
	FirstDay  fact.Day  `json:"firstDay" required:"true" format:"date"`
	LastDay   fact.Day  `json:"lastDay" required:"true" format:"date"`
	Limit     money.Fen `json:"limitFen" required:"true"`
	RateBP    int       `json:"rateBp" required:"true"`
	Budget    money.Fen `json:"budgetFen" required:"true"`
	ValidDays int       `json:"validDays" required:"true"`
	Kinds     []string  `json:"kinds" required:"true" maxItems:"20"`
	Terms     string    `json:"terms" required:"true"`
	Source    string    `json:"source" required:"true"`
	Verified  bool      `json:"verified"`
}

func (d *Draw) check(kinds []string) error {
	var f fault.Fields
	for _, text := range []*string{&d.Title, &d.Number, &d.Terms, &d.Source} {
		*text = strings.TrimSpace(*text)
	}
	long := func(text string, low, high int) bool { n := len([]rune(text)); return n >= low && n <= high }
	f.Check(long(d.Title, 4, 100), "title", "length", "请填写办法名称（4—100 字）")
	f.Check(long(d.Number, 0, 80), "number", "length", "文号最多 80 字")
	f.Check(d.FirstDay > 0, "firstDay", "date", "请填写起始日期，例如 2027-01-01")
	f.Check(d.LastDay > 0 && d.LastDay >= d.FirstDay && d.LastDay <= d.FirstDay+3660, "lastDay", "range", "请填写截止日期，不早于起始日期，最长十年")
	f.Check(d.Limit > 0 && d.Limit <= money.Max, "limit", "amount", "请填写一家企业一年的上限，例如 100000")
	f.Check(d.RateBP >= 1 && d.RateBP <= 10_000, "rate", "range", "支持比例在 0.01% 到 100% 之间")
	f.Check(d.Budget > 0 && d.Budget <= money.Max, "budget", "amount", "请填写经费总额，例如 5000000")
	f.Check(d.ValidDays >= 1 && d.ValidDays <= 3660, "validDays", "range", "券的有效期填 1—3660 天")
	f.Check(len(d.Kinds) > 0 && !slices.ContainsFunc(d.Kinds, func(k string) bool { return !slices.Contains(kinds, k) }), "kinds", "choose",
		"请至少选择一种支持的服务")
	f.Check(long(d.Terms, 4, 2000), "terms", "length", "请写明哪些企业可以申请、要什么材料（4—2000 字）")
	f.Check(long(d.Source, 2, 300), "source", "length", "请写明依据的文件和条款（2—300 字）；还没有文件的写“拟定中”")
	return f.Err()
}

// CreateScheme writes a scheme of the actor's office. Who: officers, for their own office and area. Faults: Unauthorized, Forbidden,
// Invalid.
func (s *Service) CreateScheme(ctx context.Context, who actor.Actor, d Draw) (id int64, err error) {
	const op = "voucher: create scheme: %w"
	if err := mayIssue(who); err != nil {
		return 0, fmt.Errorf(op, err)
	}
	if err := d.check(s.config.Kinds); err != nil {
		return 0, fmt.Errorf(op, err)
	}
	now := s.config.Now()
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if id, err = insertScheme(ctx, tx, who, d, now); err != nil {
			return err
		}
		return s.recordScheme(ctx, tx, who, "voucher.scheme", id, map[string]any{"budget": d.Budget, "limit": d.Limit, "rateBp": d.RateBP})
	})
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	return id, nil
}

func mayIssue(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !who.Officer():
		return fault.New(fault.Forbidden, "officers_only", "创新券办法由盟市或自治区管理员录入")
	}
	return nil
}

// AddBudget adds money to a scheme. Who: officers of the issuer. Faults: Unauthorized, NotFound, Conflict stale_version, Invalid.
func (s *Service) AddBudget(ctx context.Context, who actor.Actor, id int64, version int, more money.Fen, reason string) error {
	const op = "voucher: add budget: %w"
	if err := mayIssue(who); err != nil {
		return fmt.Errorf(op, err)
	}
	reason = strings.TrimSpace(reason)
	var f fault.Fields
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := s.open(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case !who.In(b.scheme.OrgID):
			return errNoScheme
		case version != b.scheme.Version:
			return fault.Stale()
		}
		f.Check(more > 0 && more <= money.Max-b.scheme.Budget, "more", "amount", "请填写追加的金额，例如 500000")
		f.Check(len([]rune(reason)) >= 4 && len([]rune(reason)) <= 300, "reason", "required", "请写明追加的依据（4—300 字）")
		if err := f.Err(); err != nil {
			return err
		}
		b.scheme.Budget += more
		b.scheme.Version++
		if err := b.scheme.hold(ctx, tx, b.now); err != nil {
			return err
		}
		return s.recordScheme(ctx, tx, who, "voucher.budget", id, map[string]any{"more": more, "budget": b.scheme.Budget, "reason": reason})
	})
	if err != nil {
		return fmt.Errorf(op, err)
	}
	return nil
}

func (s *Service) recordScheme(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, id int64, detail map[string]any) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: action, ObjectKind: "voucher_scheme",
		ObjectID: strconv.FormatInt(id, 10), Detail: detail})
}
