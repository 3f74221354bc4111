package register

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
)

// Sheet is how the kind stands in a table; the template, the import and the export are made of it.
func (d Descriptor) Sheet() listing.Sheet {
	columns := []listing.Column[Input]{
		listing.TextColumn(string(d.NameOf), "name", "", true, func(in *Input) *string { return &in.Name }, "名称"),
		{Heading: listing.Heading{Title: "所在地区", Path: "division", Hint: "六位行政区划代码或全称", Aliases: []string{"地区", "行政区划代码"}},
			Set: func(in *Input, cell document.Cell) error {
				text, err := cell.Words()
				if err != nil {
					return err
				}
				in.Division, err = divisionOf(text)
				return err
			}, Get: func(in *Input) string { return in.Division }},
	}
	for _, f := range d.Fields {
		columns = append(columns, f.column())
	}
	return listing.SheetWith(d.Label+"导入模板", columns, func(in Input) (Input, []fault.Field) {
		var e Entry
		if in.Division == "" { // filled in from the organisation when the row goes in
			in.Division = region.Root
		}
		err := fill(&e, d, in)
		in.Name, in.Content = e.Name, e.Content
		if wrong, ok := errors.AsType[*fault.Error](err); ok {
			return in, wrong.Fields
		}
		return in, nil
	})
}

// divisionOf reads a code or the name of a league, county or zone.
func divisionOf(text string) (string, error) {
	if region.Valid(text) {
		return text, nil
	}
	var found []string
	for _, d := range region.All() {
		if d.Name == text || region.FullName(d.Code) == text {
			found = append(found, d.Code)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return "", fault.Newf(fault.Invalid, "cell", "“%s”不是本区的行政区划，请填写六位代码，例如 150102", listing.ClipCell(text, 30))
}

func (f Field) column() listing.Column[Input] {
	c := listing.Column[Input]{Heading: listing.Heading{Title: f.Label, Path: f.Code, Hint: f.Hint, Need: false, Choices: f.Choices,
		Many: f.Type == Many}}
	put := func(in *Input, values ...string) {
		if in.Content == nil {
			in.Content = Content{}
		}
		in.Content[f.Code] = values
	}
	c.Get = func(in *Input) string {
		if f.Type == Amount && in.Content.Text(f.Code) != "" {
			return in.Content.Fen(f.Code).Wan()
		}
		return strings.Join(in.Content[f.Code], "、")
	}
	c.Set = func(in *Input, cell document.Cell) error {
		switch f.Type {
		case Amount:
			fen, err := cell.Wan()
			put(in, strconv.FormatInt(int64(fen), 10))
			return err
		case Day:
			day, err := cell.Day()
			put(in, day)
			return err
		case YesNo:
			ok, err := cell.Yes()
			put(in, map[bool]string{true: yes, false: "no"}[ok])
			return err
		case Phone:
			text, err := cell.Phone()
			put(in, text)
			return err
		}
		text, err := cell.Words()
		if f.Type == Many || f.Type == Words {
			put(in, listing.SplitCell(strings.NewReplacer("，", "、", ",", "、").Replace(text))...)
		} else {
			put(in, text)
		}
		return err
	}
	if f.Type == Amount {
		c.Title, c.Aliases = f.Label+"（万元）", []string{f.Label}
	}
	if f.Type == YesNo {
		c.Answer, c.Choices = true, []Choice{{Code: yes, Label: "是"}, {Code: "no", Label: "否"}}
	}
	return c
}

// Take writes a part of an imported file in the caller's transaction: a row that an earlier file made, or that is the same thing as an
// entry, changes that entry's working copy where it may; what another organisation has on the register gets a second origin. The
// importer checks who may call. Fault: conflict "organisation_not_confirmed" for Publish.
func (s *Service) Take(ctx context.Context, tx pgx.Tx, b listing.Bulk) (out listing.Bulked, err error) {
	d, ok := s.kinds.Get(Kind(b.Kind))
	if !ok {
		return out, errNoKind
	}
	org, err := s.config.Directory.OrganisationForShare(ctx, tx, b.OrgID)
	if err != nil {
		return out, err
	}
	if b.Publish && !org.Confirmed() {
		return out, fault.New(fault.Conflict, "organisation_not_confirmed", "单位还没有通过自治区管理员确认，确认后才能入库")
	}
	for _, r := range b.Rows {
		var in Input
		if err := json.Unmarshal(r.Content, &in); err != nil {
			return out, err
		}
		if in.Division == region.Root {
			in.Division = org.Division
		}
		if err := s.takeRow(ctx, tx, d, b, org.Sample, r.Key, in, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *Service) takeRow(ctx context.Context, tx pgx.Tx, d Descriptor, b listing.Bulk, sample bool, key string, in Input,
	out *listing.Bulked) error {
	now := s.config.Now()
	who := actor.Actor{AccountID: b.Actor.AccountID, OrgID: b.OrgID}
	from := Origin{Kind: Imported, Source: b.File, At: now, rowKey: key}
	e := Entry{Kind: d.Kind, OrganisationID: b.OrgID, State: Draft, NeedsConsent: d.Person, ConfirmedAt: now, Sample: sample, Version: 1,
		CreatedAt: now, UpdatedAt: now}
	if err := fill(&e, d, in); err != nil {
		return err
	}
	old, err := rowOf(ctx, tx, d.Kind, b.OrgID, key)
	if err == nil && old.ID == 0 {
		old, err = sameAs(ctx, tx, e)
	}
	if err != nil {
		return err
	}
	if old.ID == 0 {
		if b.Publish && d.Check(e.Content, true) == nil {
			end := d.validTo(e.Content, s.today())
			e.State, e.Listed, e.ListedName, e.ListedAt, e.ValidTo = Listed, e.Content, e.Name, &now, &end
		}
		out.Created++
		if err := s.insert(ctx, tx, &e, from); err != nil {
			return err
		}
		return s.note(ctx, tx, who, e, "", EventImport, "", true)
	}
	if err := addOrigin(ctx, tx, old.ID, from); err != nil {
		return err
	}
	merged := Content{}
	maps.Copy(merged, old.Content)
	maps.Copy(merged, e.Content)
	switch {
	case old.OrganisationID != b.OrgID || !old.State.Editable():
		out.Kept++
		return nil
	case reflect.DeepEqual(merged, old.Content) && old.Name == e.Name:
		out.Unchanged++
		return nil
	}
	out.Updated++
	old.Content, old.Name, old.Identity, old.ConfirmedAt = merged, e.Name, d.identity(e.Name, merged), now
	if b.Publish && old.State == Listed {
		old.Listed, old.ListedName = merged, e.Name
	}
	if err := s.update(ctx, tx, &old); err != nil {
		return err
	}
	return s.note(ctx, tx, who, old, old.State, EventImport, "", true)
}

// ExportMost bounds an export.
const ExportMost = 20_000

// Export gives the public entries of a filter as a table under the columns of the template, so that it can be read again.
func (s *Service) Export(ctx context.Context, who actor.Actor, f Filter) (document.Sheet, error) {
	d, ok := s.kinds.Get(f.Kind)
	if !ok {
		return document.Sheet{}, errNoKind
	}
	if err := d.narrows(f); err != nil {
		return document.Sheet{}, err
	}
	form := d.Sheet()
	out := document.Sheet{Name: d.Label, Columns: []document.SheetColumn{{Title: "单位", Width: 24}}}
	for _, h := range form.Columns {
		out.Columns = append(out.Columns, document.SheetColumn{Title: h.Title, Width: 20})
	}
	out.Columns = append(out.Columns, document.SheetColumn{Title: "等级", Width: 16}, document.SheetColumn{Title: "样例", Width: 8})
	out.Rows = func(yield func([]any, error) bool) {
		after := f.After
		for n := 0; n < ExportMost; n += 500 {
			entries, err := s.publicPage(ctx, f, after, 500)
			if err != nil {
				yield(nil, err)
				return
			}
			items, err := s.items(ctx, entries)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, i := range items {
				i = s.shown(i, sightOf(who))
				row := append([]any{i.Owner}, form.Cells(Input{Name: i.Name, Division: i.Division, Content: i.Content})...)
				var levels []string
				for _, level := range i.Holding(s.today()) {
					levels = append(levels, d.LevelLabel(level))
				}
				if !yield(append(row, strings.Join(levels, "、"), map[bool]string{true: "样例"}[i.Sample]), nil) {
					return
				}
			}
			if len(entries) < 500 {
				return
			}
			after = entries[len(entries)-1].ID
		}
	}
	return out, nil
}
