package importer

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
)

// owners finds whose each row is. A row without a name belongs to the upload's organisation; one with a name or a credit code, to
// the one confirmed organisation that has exactly it. Rows that name nobody we know, or somebody the importer may not write for,
// are refused by their cell.
func (s *Service) owners(ctx context.Context, r *reading, org int64, ownOnly bool) error {
	var names, numbers []string
	for _, in := range r.good {
		if in.owner != "" && !slices.Contains(names, in.owner) {
			names = append(names, in.owner)
		}
		if in.code != "" && !slices.Contains(numbers, in.code) {
			numbers = append(numbers, in.code)
		}
	}
	if len(names)+len(numbers) == 0 {
		for i := range r.good {
			r.good[i].org = org
		}
		return nil
	}
	found, err := s.config.Directory.OrganisationsNamed(ctx, names, numbers)
	if err != nil {
		return err
	}
	good := r.good[:0]
	for _, in := range r.good {
		var message string
		if in.org, message = ownerOf(in, found, org, ownOnly); message != "" {
			r.refuse(Problem{Row: in.row, Cell: in.ownerAt, Code: "owner", Message: message})
			continue
		}
		good = append(good, in)
	}
	r.good = good
	return nil
}

// ownerOf is the organisation of one row; the message says why there is none.
func ownerOf(in checkedRow, found []identity.Organisation, org int64, ownOnly bool) (int64, string) {
	if in.owner == "" && in.code == "" {
		return org, ""
	}
	var fits []identity.Organisation
	for _, o := range found {
		if in.code != "" && o.CreditCode == in.code || in.code == "" && o.Name == in.owner {
			fits = append(fits, o)
		}
	}
	if len(fits) == 0 && in.code != "" && in.owner != "" {
		for _, o := range found {
			if o.Name == in.owner && o.CreditCode == "" {
				fits = append(fits, o)
			}
		}
	}
	said := in.owner
	if said == "" {
		said = in.code
	}
	if i := slices.IndexFunc(fits, func(o identity.Organisation) bool { return o.ID == org }); i >= 0 {
		return org, ""
	}
	fits = slices.DeleteFunc(fits, func(o identity.Organisation) bool { return !o.Confirmed() })
	switch {
	case len(fits) > 1:
		return 0, "有 " + listing.ClipCell(said, 40) + " 等多个同名单位，请填写统一社会信用代码"
	case len(fits) == 0:
		return 0, "没有叫“" + listing.ClipCell(said, 40) + "”的已确认单位。请核对全称或统一社会信用代码，或先请该单位注册；清空这一格则归到所选的单位"
	case ownOnly:
		return 0, "只能为本单位导入，这一行写的是“" + listing.ClipCell(said, 40) + "”"
	}
	return fits[0].ID, ""
}

// unnamed refuses the rows that would publish without a name what tells it, see listing.Service.Unnamed.
func (s *Service) unnamed(ctx context.Context, r *reading, up Upload) error {
	if _, ok := s.target(up.Kind); ok || !up.Publish {
		return nil
	}
	var ids []int64
	for _, in := range r.good {
		if !slices.Contains(ids, in.org) {
			ids = append(ids, in.org)
		}
	}
	orgs, err := s.config.Directory.Organisations(ctx, ids)
	if err != nil {
		return err
	}
	good := r.good[:0]
	for _, in := range r.good {
		err := s.config.Listings.Unnamed(up.Kind, in.content, orgs[in.org].Name)
		if f, ok := errors.AsType[*fault.Error](err); ok && len(f.Fields) > 0 {
			r.refuse(Problem{Row: in.row, Cell: rowOnly(in.row), Code: f.Fields[0].Code, Message: f.Fields[0].Message})
			continue
		}
		if err != nil {
			return err
		}
		good = append(good, in)
	}
	r.good = good
	return nil
}

// unpublished names the rows that were refused when they were written: something had changed since the check.
func (r *Report) unpublished(rows []storedRow, refused []listing.BulkRefusal) {
	for _, no := range refused {
		i := slices.IndexFunc(rows, func(x storedRow) bool { return x.RowKey == no.Key })
		r.refuse(Problem{Row: rows[i].Row, Cell: rowOnly(rows[i].Row), Code: "names_organisation", Message: no.Message})
	}
}

// envelope is how a row waits for its confirmation.
type envelope struct {
	Org     int64           `json:"org"`
	ID      int64           `json:"id,omitempty"`
	Has     []int           `json:"has,omitempty"`
	Content json.RawMessage `json:"content"`
}

// bulks turns waiting rows into one write for each organisation.
func (s *Service) bulks(ctx context.Context, b Batch, owner int64, rows []storedRow) ([]listing.Bulk, error) {
	var out []listing.Bulk
	for _, r := range rows {
		var e envelope
		raw, err := s.config.DB.Contents().Open(r.Content)
		if err != nil {
			return nil, err
		}
		r.Content = raw
		if err := json.Unmarshal(r.Content, &e); err != nil {
			return nil, err
		}
		if e.Content == nil { // checked by an older program
			e = envelope{Org: b.OrganisationID, Content: r.Content}
		}
		i := slices.IndexFunc(out, func(x listing.Bulk) bool { return x.OrgID == e.Org })
		if i < 0 {
			answers := owner
			if e.Org != b.OrganisationID {
				var err error
				if answers, err = s.owner(ctx, e.Org, b.AccountID); err != nil {
					return nil, err
				}
			}
			i = len(out)
			out = append(out, listing.Bulk{Kind: b.Kind, OrgID: e.Org, Owner: answers, Publish: b.Publish, File: b.FileName,
				Actor: actor.Actor{AccountID: b.AccountID}})
		}
		out[i].Rows = append(out[i].Rows, listing.BulkRow{Key: r.RowKey, Hash: r.Hash, Content: e.Content, ID: e.ID, Has: e.Has})
	}
	return out, nil
}
