package listing

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// sitting is how long saves of one person are one entry of the history: drafts save themselves every few seconds.
const sitting = 10 * time.Minute

// Saved tells who saved a listing last, and when.
type Saved struct {
	AccountID *int64
	At        time.Time
}

// LastSave is the last save, if nothing happened to the listing since; nil otherwise. Who may see the draft may call.
func (s *Service) LastSave(ctx context.Context, who actor.Actor, id int64) (*Saved, error) {
	r, err := s.row(ctx, s.config.DB, id)
	if err != nil {
		return nil, err
	}
	if !seesDraft(who, r) {
		return nil, errNotFound
	}
	return lastSaveOf(ctx, s.config.DB, id)
}

func lastSaveOf(ctx context.Context, q postgres.Querier, id int64) (*Saved, error) {
	rows, _ := q.Query(ctx, lastSave, pgx.StrictNamedArgs{"id": id})
	saved, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Saved])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("last save: %w", err)
	}
	return &saved, nil
}

// goesOn reports whether a save belongs to the entry that the same person's last save made.
func (s *Service) goesOn(ctx context.Context, tx pgx.Tx, who actor.Actor, id int64, now time.Time) (bool, error) {
	last, err := lastSaveOf(ctx, tx, id)
	if err != nil || last == nil {
		return false, err
	}
	return last.AccountID != nil && *last.AccountID == who.AccountID && now.Sub(last.At) < sitting, nil
}

// Deletable reports whether a listing was never public, so that its owner may delete it.
func (l Listing) Deletable() bool {
	return l.PublishedVersion == 0 && (l.State == Draft || l.State == Returned)
}

// Delete removes a draft that was never public, with its history; its files go with the next sweep. The owner may call with the version
// that was shown. The audit trail keeps that it was.
// Faults: unauthorized; not found "listing"; forbidden "listing_event"; conflict "stale_version", "not_a_draft".
func (s *Service) Delete(ctx context.Context, who actor.Actor, id int64, version int) error {
	if !who.SignedIn() {
		return fault.SignIn()
	}
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case !s.visible(who, r):
			return errNotFound
		case s.roleOf(who, r.Listing) != RoleOwner:
			return refusal(r.State, EventSave, RoleNobody)
		case !r.Deletable():
			return fault.New(fault.Conflict, "not_a_draft", "公布过或已提交的信息不能删除，可以撤下或关闭")
		case r.Version != version:
			return errStale
		}
		if _, err := tx.Exec(ctx, deleteListing, pgx.StrictNamedArgs{"id": id}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.config.Now(), Account: who.AccountID, Org: who.OrgID,
			Action: "listing." + string(EventDelete), ObjectKind: "listing", ObjectID: strconv.FormatInt(id, 10),
			Detail: map[string]any{"from": r.State, "kind": r.Kind}})
	})
	if err != nil {
		return fmt.Errorf("delete listing: %w", err)
	}
	return nil
}
