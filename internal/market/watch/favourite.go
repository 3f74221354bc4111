package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
)

// MostFavourites bounds the favourites of one account.
const MostFavourites = 500

// Favourite is a listing that an account wants to find again.
type Favourite struct {
	ListingID int64
	Title     string // as it was called when it was taken in; what has ended is named by it
	Version   int    // published version that was seen then
	At        time.Time
}

// Favour takes a listing that the actor may see among its favourites, or out of them; both may be done again. Any account may.
// Faults: unauthorized; not found "listing"; conflict "favourites_full".
func (s *Service) Favour(ctx context.Context, who actor.Actor, id int64, on bool) error {
	if !who.SignedIn() {
		return fault.SignIn()
	}
	args := pgx.StrictNamedArgs{"account": who.AccountID, "listing": id}
	if !on {
		if _, err := s.config.DB.Exec(ctx, deleteFavourite, args); err != nil {
			return fmt.Errorf("favour: %w", err)
		}
		return nil
	}
	l, err := s.config.Listings.Find(ctx, who, id)
	switch {
	case err != nil:
		return err
	case l.PublishedVersion == 0: // the own draft has a desk
		return errNoListing
	}
	args["title"], args["version"], args["at"], args["most"] = l.Title, l.PublishedVersion, s.config.Now(), MostFavourites
	done, err := s.config.DB.Exec(ctx, insertFavourite, args)
	if err != nil {
		return fmt.Errorf("favour: %w", err)
	}
	if done.RowsAffected() > 0 {
		return nil
	}
	if has, err := s.Favoured(ctx, who, []int64{id}); err != nil || has[id] {
		return err
	}
	return fault.Newf(fault.Conflict, "favourites_full", "最多收藏 %d 项，请先在“我的收藏”里删去一些。", MostFavourites)
}

// Favoured tells which of the listings are favourites of the actor; none of a guest.
func (s *Service) Favoured(ctx context.Context, who actor.Actor, ids []int64) (map[int64]bool, error) {
	if !who.SignedIn() || len(ids) == 0 {
		return nil, nil
	}
	rows, _ := s.config.DB.Query(ctx, selectFavoured, pgx.StrictNamedArgs{"account": who.AccountID, "ids": ids})
	found, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("favoured: %w", err)
	}
	out := make(map[int64]bool, len(found))
	for _, id := range found {
		out[id] = true
	}
	return out, nil
}

// Favourites lists what the actor keeps, the last taken in first, each with what has become of it. Fault: unauthorized.
func (s *Service) Favourites(ctx context.Context, who actor.Actor) ([]Favourite, map[int64]listing.Standing, error) {
	if !who.SignedIn() {
		return nil, nil, fault.SignIn()
	}
	rows, _ := s.config.DB.Query(ctx, selectFavourites, pgx.StrictNamedArgs{"account": who.AccountID, "most": MostFavourites})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Favourite])
	if err != nil {
		return nil, nil, fmt.Errorf("favourites: %w", err)
	}
	ids := make([]int64, len(list))
	for i, f := range list {
		ids[i] = f.ListingID
	}
	standings, err := s.config.Listings.Standings(ctx, ids)
	return list, standings, err
}
