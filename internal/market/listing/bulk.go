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
	"techmarket/internal/people/identity"
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
	org, err := s.config.Directory.OrganisationForShare(ctx, tx, b.OrgID)
	if err != nil {
		return Bulked{}, err
	}
	if b.Publish {
		if err := confirmed(step{confirmed: org.Confirmed()}); err != nil {
			return Bulked{}, err
		}
	}
	w := bulking{Bulk: b, service: s, tx: tx, org: org, now: s.config.Now()}
	if w.known, err = s.imported(ctx, tx, b); err != nil {
		return Bulked{}, fmt.Errorf("bulk: %w", err)
	}
	for _, r := range b.Rows {
		if err := w.take(ctx, r); err != nil {
			if err := w.done.refuse(r, err); err != nil {
				return Bulked{}, fmt.Errorf("bulk: %w", err)
			}
		}
	}
	if err := w.insert(ctx); err != nil {
		return Bulked{}, fmt.Errorf("bulk: %w", err)
	}
	if err := s.enqueueIndex(ctx, tx, w.index); err != nil {
		return Bulked{}, err
	}
	return w.done, audit.Record(ctx, tx, audit.Entry{At: w.now, Account: b.Actor.AccountID, Org: b.Actor.OrgID, Action: "listing.import",
		ObjectKind: "organisation", ObjectID: strconv.FormatInt(b.OrgID, 10),
		Detail: map[string]any{"kind": b.Kind, "publish": b.Publish, "created": w.done.Created, "updated": w.done.Updated}})
}

// bulking is one Bulk at work.
type bulking struct {
	Bulk
	service *Service
	tx      pgx.Tx
	org     identity.Organisation
	now     time.Time
	known   map[string]importedRow // by the key of the row that they came from
	add     newRows
	index   []int64
	done    Bulked
}

// imported locks and reads what earlier imports made of the rows.
func (s *Service) imported(ctx context.Context, tx pgx.Tx, b Bulk) (map[string]importedRow, error) {
	keys := make([]string, len(b.Rows))
	for i, r := range b.Rows {
		keys[i] = r.Key
	}
	q, _ := tx.Query(ctx, lockImported, pgx.StrictNamedArgs{"org": b.OrgID, "kind": b.Kind, "keys": keys})
	found, err := pgx.CollectRows(q, pgx.RowToStructByName[importedRow])
	if err != nil {
		return nil, err
	}
	known := make(map[string]importedRow, len(found))
	for _, f := range found {
		if err := s.open(&f.row); err != nil {
			return nil, err
		}
		known[f.OriginKey] = f
	}
	return known, nil
}

// take brings one row in: over the listing whose number it carries, over the one that an earlier import made of it, or as a new one.
func (w *bulking) take(ctx context.Context, r BulkRow) error {
	if r.ID != 0 {
		if there, err := w.takeNumbered(ctx, r); err != nil || there {
			return err
		}
	}
	old, there := w.known[r.Key]
	switch {
	case there && old.OriginHash == r.Hash:
		w.done.Unchanged++
		return nil
	case there:
		return w.update(ctx, old.row, r)
	}
	if w.Publish {
		if err := w.service.Unnamed(w.Kind, r.Content, w.org.Name); err != nil {
			return err
		}
	}
	return w.add.append(w.service.kinds.Of(w.Kind), r, w.org.Division, w.now, w.service.config.Clock)
}

// takeNumbered lays a row over the listing whose number it carries; false where there is no such listing of the organisation.
func (w *bulking) takeNumbered(ctx context.Context, r BulkRow) (bool, error) {
	old, err := w.service.lock(ctx, w.tx, r.ID)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil || old.OrganisationID != w.OrgID || old.Kind != w.Kind {
		return false, err
	}
	merged, changed, err := w.service.kinds.Of(w.Kind).Sheet.Merge(old.Draft, r.Content, r.Has)
	switch {
	case err != nil:
		return true, err
	case !changed:
		w.done.Unchanged++
		return true, nil
	}
	return true, w.update(ctx, old, BulkRow{Key: r.Key, Content: merged})
}

func (w *bulking) update(ctx context.Context, old row, r BulkRow) error {
	updated, err := w.service.updateImported(ctx, w.tx, w.Bulk, old, r, w.org.Name)
	switch {
	case err != nil:
		return err
	case !updated:
		w.done.Kept++
		return nil
	}
	w.done.Updated++
	if w.Publish {
		w.index = append(w.index, old.ID)
	}
	return nil
}

// insert writes the new rows at once.
func (w *bulking) insert(ctx context.Context) error {
	add := w.add
	if len(add.keys) == 0 {
		return nil
	}
	args := pgx.StrictNamedArgs{
		"kind":      w.Kind,
		"org":       w.OrgID,
		"owner":     w.Owner,
		"scope":     scopeOf(w.org.Division),
		"sample":    w.org.Sample || w.Actor.Sample,
		"hidden":    w.org.State == actor.Suspended,
		"now":       w.now,
		"expires":   add.expires,
		"publish":   w.Publish,
		"by":        someone(w.Actor.AccountID),
		"keys":      add.keys,
		"hashes":    add.hashes,
		"contents":  add.contents,
		"titles":    add.titles,
		"divisions": add.divisions,
		"fields":    add.fields,
		"anonymous": add.anonymous,
	}
	for i, c := range add.contents {
		var err error
		if add.contents[i], err = w.service.config.DB.Contents().Seal(c); err != nil {
			return err
		}
	}
	q, _ := w.tx.Query(ctx, insertImported, args)
	created, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	w.done.Created = len(created)
	if w.Publish {
		w.index = append(w.index, created...)
	}
	return nil
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
