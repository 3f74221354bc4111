package listing

import (
	"context"
	"fmt"

	"techmarket/internal/foundation/stored"
)

// Any returns a listing without asking who looks: for rooms that have checked their own permission, such as a deal
// about a listing that was closed since. Fault: not found "listing".
func (s *Service) Any(ctx context.Context, id int64) (Listing, error) {
	r, err := s.row(ctx, s.config.DB, id)
	return r.Listing, err
}

// Shown returns the published content, else the working one, without asking who looks; see Any.
func (b *Book[C]) Shown(ctx context.Context, id int64) (c C, err error) {
	r, err := b.row(ctx, b.config.DB, id)
	if err != nil {
		return c, err
	}
	raw := r.Published
	if len(raw) == 0 {
		raw = r.Draft
	}
	if err := stored.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("listing %d: %w", id, err)
	}
	return c, nil
}
