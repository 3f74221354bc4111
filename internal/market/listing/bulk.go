package listing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
)

// Bulk is a part of an imported file for one organisation.
type Bulk struct {
	Kind    Kind
	OrgID   int64
	Owner   int64       // account that owns new listings
	Actor   actor.Actor // who imports, for the history
	Publish bool        // publish at once, by a region officer or the operator; else make drafts
	File    string      // its name
	Rows    []BulkRow
}

// BulkRow is one row whose content was checked.
type BulkRow struct {
	Key     string // of the row in its source, unique per organisation and kind
	Hash    string // of the content
	Content json.RawMessage
	ID      int64 // the listing that the row says it is; 0, or not of the organisation and kind: known by its key alone
	Has     []int // the columns of the kind's sheet that the row fills
}

// Bulked says what became of the rows.
type Bulked struct {
	Created   int
	Updated   int
	Unchanged int // same content as last time
	Kept      int // the owner has ended the listing or is editing it: left alone
	Refused   []BulkRefusal
}

// BulkRefusal is a row that may not be published as it is.
type BulkRefusal struct {
	Key     string
	Message string
}

// refuse takes a row's fault; what is no fault of the row goes on.
func (b *Bulked) refuse(r BulkRow, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) == 0 {
		return err
	}
	b.Refused = append(b.Refused, BulkRefusal{r.Key, f.Fields[0].Message})
	return nil
}

// Bulk writes a part of an import in the caller's transaction: new keys become listings, changed contents become a new version
// (or a new draft), equal contents change nothing, so the same file twice makes no duplicates. It enqueues one index job for
// all. The importer checks who may call. Fault: conflict "organisation_not_confirmed" for Publish.
func (s *Service) Bulk(ctx context.Context, tx pgx.Tx, b Bulk) (Bulked, error) {
	now, kind := s.config.Now(), s.kinds.Of(b.Kind)
	org, err := s.config.Directory.OrganisationForShare(ctx, tx, b.OrgID)
	if err != nil {
		return Bulked{}, err
	}
	if b.Publish {
		if err := confirmed(step{confirmed: org.Confirmed()}); err != nil {
			return Bulked{}, err
		}
	}
	keys := make([]string, len(b.Rows))
	for i, r := range b.Rows {
		keys[i] = r.Key
	}
	q, _ := tx.Query(ctx, lockImported, pgx.StrictNamedArgs{"org": b.OrgID, "kind": b.Kind, "keys": keys})
	found, err := pgx.CollectRows(q, pgx.RowToStructByName[importedRow])
	if err != nil {
		return Bulked{}, fmt.Errorf("bulk: %w", err)
	}
	known := make(map[string]importedRow, len(found))
	for _, f := range found {
		if err := s.open(&f.row); err != nil {
			return Bulked{}, fmt.Errorf("bulk: %w", err)
		}
		known[f.OriginKey] = f
	}
	var result Bulked
	var ids []int64
	add := newRows{}
	for _, r := range b.Rows {
		if r.ID != 0 {
			done, updated, err := s.bulkNumbered(ctx, tx, b, r, org.Name, &result)
			if err != nil {
				if err := result.refuse(r, err); err != nil {
					return Bulked{}, fmt.Errorf("bulk: %w", err)
				}
				continue
			}
			if updated && b.Publish {
				ids = append(ids, r.ID)
			}
			if done {
				continue
			}
		}
		old, ok := known[r.Key]
		switch {
		case !ok:
			if b.Publish {
				if unnamed := s.Unnamed(b.Kind, r.Content, org.Name); unnamed != nil {
					if err := result.refuse(r, unnamed); err != nil {
						return Bulked{}, fmt.Errorf("bulk: %w", err)
					}
					continue
				}
			}
			if err := add.append(kind, r, org.Division, now, s.config.Clock); err != nil {
				return Bulked{}, fmt.Errorf("bulk: %w", err)
			}
		case old.OriginHash == r.Hash:
			result.Unchanged++
		default:
			updated, err := s.updateImported(ctx, tx, b, old.row, r, org.Name)
			if err != nil {
				if err := result.refuse(r, err); err != nil {
					return Bulked{}, fmt.Errorf("bulk: %w", err)
				}
				continue
			}
			if !updated {
				result.Kept++
				continue
			}
			result.Updated++
			if b.Publish {
				ids = append(ids, old.ID)
			}
		}
	}
	if len(add.keys) > 0 {
		args := pgx.StrictNamedArgs{
			"kind":      b.Kind,
			"org":       b.OrgID,
			"owner":     b.Owner,
			"scope":     scopeOf(org.Division),
			"sample":    org.Sample || b.Actor.Sample,
			"hidden":    org.State == actor.Suspended,
			"now":       now,
			"expires":   add.expires,
			"publish":   b.Publish,
			"by":        someone(b.Actor.AccountID),
			"keys":      add.keys,
			"hashes":    add.hashes,
			"contents":  add.contents,
			"titles":    add.titles,
			"divisions": add.divisions,
			"fields":    add.fields,
			"anonymous": add.anonymous,
		}
		for i, c := range add.contents {
			if add.contents[i], err = s.config.DB.Contents().Seal(c); err != nil {
				return Bulked{}, fmt.Errorf("bulk: %w", err)
			}
		}
		q, _ := tx.Query(ctx, insertImported, args)
		created, err := pgx.CollectRows(q, pgx.RowTo[int64])
		if err != nil {
			return Bulked{}, fmt.Errorf("bulk: %w", err)
		}
		result.Created = len(created)
		if b.Publish {
			ids = append(ids, created...)
		}
	}
	if err := s.enqueueIndex(ctx, tx, ids); err != nil {
		return Bulked{}, err
	}
	return result, audit.Record(
		ctx,
		tx,
		audit.Entry{At: now, Account: b.Actor.AccountID, Org: b.Actor.OrgID, Action: "listing.import", ObjectKind: "organisation",
			ObjectID: strconv.FormatInt(
				b.OrgID,
				10,
			), Detail: map[string]any{"kind": b.Kind, "publish": b.Publish, "created": result.Created, "updated": result.Updated}},
	)
}

// bulkNumbered lays a row over the listing whose number it carries; not done where there is no such listing of the organisation.
func (s *Service) bulkNumbered(ctx context.Context, tx pgx.Tx, b Bulk, r BulkRow, organisation string,
	result *Bulked) (done, updated bool, err error) {
	old, err := s.lock(ctx, tx, r.ID)
	if fault.Is(err, fault.NotFound) {
		return false, false, nil
	}
	if err != nil || old.OrganisationID != b.OrgID || old.Kind != b.Kind {
		return false, false, err
	}
	merged, changed, err := s.kinds.Of(b.Kind).Sheet.Merge(old.Draft, r.Content, r.Has)
	switch {
	case err != nil:
		return true, false, err
	case !changed:
		result.Unchanged++
		return true, false, nil
	}
	updated, err = s.updateImported(ctx, tx, b, old, BulkRow{Key: r.Key, Content: merged}, organisation)
	switch {
	case err != nil:
	case updated:
		result.Updated++
	default:
		result.Kept++
	}
	return true, updated, err
}

// updateImported brings a changed row into its listing; false when the listing is not the import's to change: its owner has
// ended it, is editing it, or waits for a review.
func (s *Service) updateImported(ctx context.Context, tx pgx.Tx, b Bulk, r row, in BulkRow, organisation string) (bool, error) {
	now := s.config.Now()
	before := r.State
	switch {
	case b.Publish && (r.State == Draft || r.State == Published):
		r.Draft, r.State = in.Content, Published
		if err := s.makePublic(ctx, tx, &r, now, organisation); err != nil {
			return false, err
		}
	case !b.Publish && (r.State == Draft || r.State == Returned):
		r.Draft = in.Content
	case !b.Publish && r.State == Published:
		r.Draft, r.State = in.Content, Revising
	default:
		return false, nil
	}
	if !b.Publish && !r.State.Live() {
		if err := r.take(s.kinds.Of(r.Kind), in.Content); err != nil {
			return false, err
		}
	}
	if err := s.store(ctx, tx, &r, now); err != nil {
		return false, err
	}
	if b.Publish {
		if err := s.keepVersion(ctx, tx, r, b.Actor.AccountID, now); err != nil {
			return false, err
		}
		if err := s.syncFiles(ctx, tx, r); err != nil && !fault.Is(err, fault.Invalid) {
			return false, err
		}
	}
	if in.Hash != "" {
		if _, err := tx.Exec(ctx, rememberHash, pgx.StrictNamedArgs{"id": r.ID, "hash": in.Hash}); err != nil {
			return false, err
		}
	}
	_, err := tx.Exec(
		ctx,
		insertEvent,
		pgx.StrictNamedArgs{
			"id":      r.ID,
			"at":      now,
			"account": someone(b.Actor.AccountID),
			"event":   EventImport,
			"from":    before,
			"to":      r.State,
			"reason":  "",
		},
	)
	return true, err
}

// newRows are the columns of the rows to insert at once.
type newRows struct {
	keys, hashes, titles, divisions, fields []string
	contents                                []json.RawMessage
	expires                                 []time.Time
	anonymous                               []bool
}

func (n *newRows) append(kind Descriptor, r BulkRow, division string, now time.Time, c Clock) error {
	f, err := kind.rules.facts(r.Content)
	if err != nil {
		return err
	}
	if f.Division != "" {
		division = f.Division
	}
	end, err := kind.expiry(r.Content, now, c)
	if err != nil {
		return err
	}
	n.expires = append(n.expires, *end)
	n.keys, n.hashes, n.contents = append(n.keys, r.Key), append(n.hashes, r.Hash), append(n.contents, r.Content)
	n.titles, n.divisions, n.fields = append(n.titles, f.Title), append(n.divisions, division), append(n.fields, f.Field)
	n.anonymous = append(n.anonymous, f.Anonymous)
	return nil
}
