package listing

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/facet"
	"techmarket/search"
)

// An anonymous listing is published without the name of its organisation, which was verified like any other. Its own people, the
// editors in whose area it is and the operator of the server read everything; for anybody else every reading method of this package gives
// actor.Undisclosed for the organisation and the league for the place, so that no page, feed or document needs to think of it. Partners
// of a talk learn the name from the talk, once the approach is accepted.

// named reports whether the reader may know the organisation behind a listing.
func named(who actor.Actor, l Listing) bool {
	return !l.Anonymous || who.In(l.OrganisationID) || who.Covers(l.ReviewerScope) || who.AccountID < 0
}

// forReader leaves out what only the own organisation and the editors see.
func forReader(who actor.Actor, l Listing) Listing {
	if !who.In(l.OrganisationID) && !who.Covers(l.ReviewerScope) {
		l.ReturnReason, l.Triage, l.RemindedAt = "", "", nil
	}
	if !named(who, l) {
		l = veiled(l)
	}
	return l
}

// veiled is an anonymous listing as strangers know it.
func veiled(l Listing) Listing {
	l.OrganisationID, l.OwnerAccount, l.NamedAt = actor.Undisclosed, actor.Undisclosed, nil
	l.Division = LeagueOf(l.Division)
	return l
}

// LeagueOf is the league of a place, the place itself where there is none (another province).
func LeagueOf(division string) string {
	if league, ok := region.League(division); ok {
		return league.Code
	}
	return division
}

// veilDocument takes out of an anonymous listing's document what the index would find or give away.
func veilDocument(d search.Document) search.Document {
	d.Names = ""
	delete(d.Facets, facet.Org)
	delete(d.Facets, facet.County)
	delete(d.Stored, "org")
	delete(d.Stored, "orgName")
	return d
}

// makePublic publishes the draft of a row, for a reviewer or an import: the one way to it that an update has. Fault: as checkUnnamed.
func (s *Service) makePublic(ctx context.Context, tx pgx.Tx, r *row, now time.Time, organisation string) error {
	kind := s.kinds.Of(r.Kind)
	if err := s.checkUnnamed(ctx, tx, *r, organisation); err != nil {
		return err
	}
	if err := r.publish(now, kind, s.config.Clock); err != nil {
		return err
	}
	return r.take(kind, r.Published)
}

// Unnamed refuses a content that is to be published without its organisation's name and whose own words tell it. Fault: invalid with
// fields.
func (s *Service) Unnamed(k Kind, raw json.RawMessage, organisation string) error {
	facts, err := s.kinds.Of(k).rules.facts(raw)
	if err != nil || !facts.Anonymous {
		return err
	}
	var parts map[string]any
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	delete(parts, "contact") // is not shown to strangers
	var f fault.Fields
	for _, path := range slices.Sorted(maps.Keys(parts)) {
		if names(parts[path], organisation) {
			f.Add(path, "names_organisation", "这里写着单位名称。您选择了不公开名称，请改掉，或者改为公开名称")
		}
	}
	return f.Err()
}

// checkUnnamed refuses to submit or publish an anonymous listing whose own words or file names tell who it is. Fault: invalid with
// fields.
func (s *Service) checkUnnamed(ctx context.Context, tx pgx.Tx, r row, organisation string) error {
	if err := s.Unnamed(r.Kind, r.Draft, organisation); err != nil {
		return err
	}
	facts, err := s.kinds.Of(r.Kind).rules.facts(r.Draft)
	if err != nil || !facts.Anonymous {
		return err
	}
	var f fault.Fields
	for i, file := range facts.Files {
		found, err := s.config.Files.Own(ctx, tx, r.OrganisationID, file.ID)
		if err != nil {
			return err
		}
		if strings.Contains(found.Name, organisation) {
			f.Addf("files."+strconv.Itoa(i), "names_organisation", "附件“%s”的文件名里有单位名称。请改名后重新上传，或者改为公开名称", found.Name)
		}
	}
	return f.Err()
}

// names reports whether a text anywhere in a decoded JSON value holds a name.
func names(v any, name string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(strings.Join(strings.Fields(v), ""), name)
	case []any:
		for _, part := range v {
			if names(part, name) {
				return true
			}
		}
	case map[string]any:
		for _, part := range v {
			if names(part, name) {
				return true
			}
		}
	}
	return false
}
