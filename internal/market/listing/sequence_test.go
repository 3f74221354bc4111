package listing_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
)

// Whatever people and the clock do in whatever order: the public sees exactly what an editor passed last, versions are never
// lost, every change leaves one row of history, and the owner's stored words are never replaced silently.
func TestSequences_ThePublicSeesOnlyWhatPassedReview(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	rapid.Check(t, func(r *rapid.T) {
		it, err := b.achievements.Create(ctx, b.owner, full("起始的样例标题"))
		if err != nil {
			r.Fatal(err)
		}
		id, version := it.ID, it.Version
		working, passed := "起始的样例标题", ""
		changes, publications := 1, 0
		sitting := b.owner.AccountID // whose saves, without a pause or another event between them, are one entry of the history
		for i := range rapid.IntRange(1, 25).Draw(r, "steps") {
			who := rapid.SampledFrom([]actor.Actor{b.owner, b.owner, b.colleague, b.league, b.league, b.stranger, b.otherLeague}).Draw(r, "who")
			if rapid.IntRange(0, 3).Draw(r, "save?") == 0 {
				title := fmt.Sprintf("第 %d 次改的标题", i)
				given := version - rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(r, "behind")
				saved, err := b.achievements.Save(ctx, who, id, given, full(title))
				var stale *listing.Stale[achievement.Content]
				switch {
				case err == nil && given != version:
					r.Fatalf("a stale save went through")
				case err == nil:
					working, version = title, saved.Version
					if who.AccountID != sitting {
						changes++
					}
					sitting = who.AccountID
				case errors.As(err, &stale) && given == version:
					r.Fatalf("a fresh save was called stale")
				case fault.KindOf(err) == fault.Internal:
					r.Fatal(err)
				}
			} else {
				e := rapid.SampledFrom([]listing.Event{listing.EventSubmit, listing.EventSubmit, listing.EventPublish, listing.EventPublish,
					listing.EventReturn,
					listing.EventRevise, listing.EventRecall, listing.EventDiscard, listing.EventWithdraw, listing.EventClose,
					listing.EventConfirm, listing.EventRenew,
					listing.EventArchive, listing.EventReopen}).Draw(r, "event")
				l, err := b.listings.Do(ctx, who, listing.Command{ID: id, Version: version, Event: e, Reason: "solved"})
				if err == nil {
					changes++
					version, sitting = l.Version, 0
					switch e {
					case listing.EventPublish:
						passed = working
						publications++
					case listing.EventDiscard:
						working = passed
					}
				} else if fault.KindOf(err) == fault.Internal {
					r.Fatal(err)
				}
			}
			mine, err := b.achievements.Get(ctx, b.owner, id)
			if err != nil || mine.Content.Title != working || mine.Version != version || mine.PublishedVersion != publications {
				r.Fatalf(
					"the owner has %q version %d (%d published), want %q %d (%d): %v",
					mine.Content.Title,
					mine.Version,
					mine.PublishedVersion,
					working,
					version,
					publications,
					err,
				)
			}
			public, err := b.achievements.Get(ctx, actor.Guest(), id)
			if live := mine.State.Live(); live != (err == nil) {
				r.Fatalf("state %s, public: %v", mine.State, err)
			}
			if err == nil && (public.Content.Title != passed || public.Title != passed) {
				r.Fatalf("the public sees %q / %q, passed was %q", public.Content.Title, public.Title, passed)
			}
			// What Actions offers is what Do takes, guards aside.
			for _, e := range mine.Actions {
				if !slices.Contains(append(listing.Events(), listing.EventSave), e) {
					r.Fatalf("action %s", e)
				}
			}
		}
		history, err := b.listings.History(ctx, b.owner, id)
		if err != nil || len(history) != changes {
			r.Fatalf("%d rows of history after %d changes: %v", len(history), changes, err)
		}
		versions, err := b.achievements.Versions(ctx, b.owner, id)
		if err != nil || len(versions) != publications {
			r.Fatalf("%d versions kept of %d: %v", len(versions), publications, err)
		}
	})
}
