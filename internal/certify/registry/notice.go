package registry

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/postgres"
)

// Notice is one task: tell 税务 or 财政 about a cancellation or revocation (办法第15条).
type Notice struct {
	ID        int64      `json:"id"`
	Number    string     `json:"number"`
	Division  string     `json:"division"`
	Audience  string     `json:"audience"` // tax, finance
	Title     string     `json:"title"`
	Body      string     `json:"body"`
	CreatedAt time.Time  `json:"createdAt"`
	DoneAt    *time.Time `json:"doneAt"`
}

// Notices lists the notice tasks for 税务 and 财政 in the area of an officer, a tax reader or a point's staff.
func (s *Service) Notices(ctx context.Context, a actor.Actor, withDone bool) ([]Notice, error) {
	if !a.Officer() && !a.Has(actor.TaxReader, actor.PointHead, actor.Registrar) {
		return nil, fault.New(fault.Forbidden, "notices_forbidden", "告知事项由登记点、管理员和税务、财政查看")
	}
	all, err := postgres.Many[Notice](
		ctx,
		s.config.DB,
		selectNotices,
		pgx.StrictNamedArgs{"done": withDone, "prefix": areaDigits(a), "division": a.Division},
	)
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	return all, nil
}

// CloseNotice notes that the office was told or has taken note. Same people as Notices. NotFound "notice_not_found".
func (s *Service) CloseNotice(ctx context.Context, a actor.Actor, id int64) error {
	return s.trail.Guard(ctx, a, "close_notice", "notice", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		if !a.Officer() && !a.Has(actor.TaxReader, actor.PointHead, actor.Registrar) {
			return fault.New(fault.Forbidden, "notices_forbidden", "告知事项由登记点、管理员和税务、财政办理")
		}
		var number, division string
		err := tx.QueryRow(ctx, closeNotice, pgx.StrictNamedArgs{"id": id, "at": s.config.Now(), "by": a.AccountID}).Scan(&number, &division)
		if errors.Is(err, pgx.ErrNoRows) || (err == nil && !strings.HasPrefix(division, a.Division[:areaDigits(a)])) {
			return fault.New(fault.NotFound, "notice_not_found", "没有这项待告知事项，可能已由同事办理")
		}
		if err != nil {
			return err
		}
		return s.trail.Record(ctx, tx, a, "close_notice", "registration", number, nil)
	})
}

// areaDigits is how many leading digits of a division must agree for it to lie in the actor's area.
func areaDigits(a actor.Actor) int {
	if len(a.Division) != 6 {
		return 6
	}
	return len(region.Prefix(a.Division))
}
