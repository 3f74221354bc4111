package watch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/vault"
	"techmarket/search"
)

// AlertArgs runs newly published listings, at most alertMany, against the other side's open listings and the saved searches.
type AlertArgs struct {
	ListingIDs []int64 `json:"listingIds"`
}

// Kind names the job.
func (AlertArgs) Kind() string { return "match_alert" }

// DigestArgs mails everybody what was announced since the last mail.
type DigestArgs struct{}

// Kind names the job.
func (DigestArgs) Kind() string { return "match_digest" }

// What is announced (our choice): a listing published in the last days, at least this good a match, and among the best of the
// other listing's own list. Imports are announced by saved searches only: thousands come at once.
const (
	alertFresh = 72 * time.Hour
	alertBand  = matching.Middle
	alertRank  = 10
	alertAsked = 20 // of the other side's listings are asked
	alertMany  = 50 // listings to a job: an import of thousands is no queue of thousands
)

// Published enqueues the alerts of listings that the index has just taken up. It is the end of the index job: what it enqueues
// exists when the job is done, and doing it again announces nothing again.
func (s *Service) Published(ctx context.Context, ids []int64) error {
	rows, _ := s.config.DB.Query(ctx, selectRuns, pgx.StrictNamedArgs{"ids": ids})
	run := map[int64]int{}
	var id int64
	var version int
	if _, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error { run[id] = version; return nil }); err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	var due []int64
	for _, id := range ids {
		l, err := s.config.Listings.Any(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("alerts: %w", err)
		}
		if err == nil && s.fresh(l) && run[id] < l.PublishedVersion {
			due = append(due, id)
		}
	}
	if len(due) == 0 {
		return nil
	}
	return s.inTx(ctx, "alerts", func(ctx context.Context, tx pgx.Tx) error {
		for some := range slices.Chunk(due, alertMany) {
			if err := s.config.Queue.Enqueue(ctx, tx, AlertArgs{some}, jobs.Options{}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) fresh(l listing.Listing) bool {
	now := s.config.Now()
	return l.Public(now) && l.PublishedAt != nil && now.Sub(*l.PublishedAt) < alertFresh
}

// alert is the job of newly published listings. One that fails does not stop the others; those done are not announced again.
func (s *Service) alert(ctx context.Context, a AlertArgs) error {
	var failed []error
	for _, id := range a.ListingIDs {
		failed = append(failed, s.alertOne(ctx, id))
	}
	return errors.Join(failed...)
}

func (s *Service) alertOne(ctx context.Context, id int64) error {
	l, err := s.config.Listings.Any(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	if !s.fresh(l) {
		return nil
	}
	doc, indexed, err := s.config.Catalogue.Indexed(ctx, l.Kind, l.ID)
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	if !indexed {
		return fmt.Errorf("alert: listing %d is not indexed yet", l.ID) // tried again
	}
	if l.Origin == listing.OriginLocal && s.other(l.Kind) != "" {
		if err := s.alertMatches(ctx, l, doc); err != nil {
			return err
		}
	}
	if err := s.alertSearches(ctx, l, doc); err != nil {
		return err
	}
	if _, err := s.config.DB.Exec(ctx, rememberRun,
		pgx.StrictNamedArgs{"id": l.ID, "version": l.PublishedVersion, "at": s.config.Now()}); err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	return nil
}

// alertMatches tells owners of the other side in whose own best ten the new listing stands.
func (s *Service) alertMatches(ctx context.Context, l listing.Listing, doc search.Document) error {
	visible := append(s.config.Catalogue.Visible(), catalogue.SameMarket(l.Sample))
	found, err := s.Find(ctx, matching.Request{Listing: doc, Want: string(s.other(l.Kind)), Limit: alertAsked,
		Visible: append(slices.Clone(visible), search.NoneOf(facet.Org, strconv.FormatInt(l.OrganisationID, 10)))})
	if err != nil && !fault.HasCode(err, "match_empty") {
		return fmt.Errorf("alert: %w", err)
	}
	for _, m := range found.Items {
		back, err := s.Find(
			ctx,
			matching.Request{Listing: m.Document, Want: string(l.Kind), Visible: visible, Hard: Hard(m.Document), Limit: alertRank},
		)
		if err != nil && !fault.HasCode(err, "match_empty") {
			return fmt.Errorf("alert: %w", err)
		}
		i := slices.IndexFunc(back.Items, func(b matching.Match) bool { return b.Document.ID == doc.ID })
		if i < 0 || back.Items[i].Explained.Band < alertBand {
			continue
		}
		if err := s.announce(ctx, listing.IDOf(m.Document.ID), l, i+1, back.Items[i].Explained); err != nil {
			return err
		}
	}
	return nil
}

// announce stores a pair and tells the owner of listing id, once per pair of versions.
func (s *Service) announce(ctx context.Context, id int64, found listing.Listing, rank int, e matching.Explained) error {
	to, err := s.config.Listings.Any(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	if !to.Public(s.config.Now()) || to.OrganisationID == found.OrganisationID {
		return nil
	}
	token, sealed, err := s.token()
	if err != nil {
		return err
	}
	return s.inTx(ctx, "announce", func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(
			ctx,
			insertAlert,
			pgx.StrictNamedArgs{"listing": to.ID, "listing_version": to.PublishedVersion, "found": found.ID, "found_version": found.PublishedVersion,
				"account": to.OwnerAccount, "org": to.OrganisationID, "score": int(math.Round(e.Score * 1000)), "rank": rank,
				"reasons": notNil(e.Reasons), "at": s.config.Now()},
		)
		if err != nil || tag.RowsAffected() == 0 { // announced before, switched off, or refused
			return err
		}
		if _, err := tx.Exec(ctx, insertEnd,
			pgx.StrictNamedArgs{"listing": to.ID, "token": sealed, "hash": vault.Digest(token)}); err != nil { // the first one stays
			return err
		}
		return notify.Message(ctx, tx, notify.Note{To: []int64{to.OwnerAccount}, Kind: "match", At: s.config.Now(),
			Title: "新的" + s.kind(found.Kind).Label + "可能适合您的" + s.kind(to.Kind).Label + "“" + catalogue.Clip(to.Title, 40) + "”",
			Body:  "《" + found.Title + "》 " + strings.Join(e.Reasons, "；"), Link: s.kind(to.Kind).MatchesPath(to.ID)})
	})
}

func notNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// Wanted reports whether the owner of a listing hears of new matches. SetWanted with false is the one click that ends it.
func (s *Service) Wanted(ctx context.Context, l listing.Listing) (bool, error) {
	var off bool
	if err := s.config.DB.QueryRow(ctx, selectOff, pgx.StrictNamedArgs{"id": l.ID}).Scan(&off); err != nil {
		return false, fmt.Errorf("alerts of a listing: %w", err)
	}
	return !off, nil
}

// SetWanted switches the alerts of an own listing on or off. Faults: unauthorized; forbidden "not_member"; not found "listing".
func (s *Service) SetWanted(ctx context.Context, who actor.Actor, id int64, wanted bool) error {
	if _, err := s.own(ctx, who, id); err != nil {
		return err
	}
	sql, args := switchOff, pgx.StrictNamedArgs{"id": id, "account": who.AccountID, "at": s.config.Now()}
	if wanted {
		sql, args = switchOn, pgx.StrictNamedArgs{"id": id}
	}
	if _, err := s.config.DB.Exec(ctx, sql, args); err != nil {
		return fmt.Errorf("alerts of a listing: %w", err)
	}
	return nil
}

// alertSearches tells those whose saved searches find the listing and want to hear at once.
func (s *Service) alertSearches(ctx context.Context, l listing.Listing, doc search.Document) error {
	rows, _ := s.config.DB.Query(ctx, selectSavedBy, pgx.StrictNamedArgs{"notice": Immediate})
	all, err := s.collectSaved(rows)
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	for _, saved := range all {
		finds, err := s.config.Catalogue.Finds(ctx, saved.Query, doc)
		if err != nil {
			return fmt.Errorf("alert: %w", err)
		}
		if !finds {
			continue
		}
		if err := s.announceFind(ctx, saved, l); err != nil {
			return err
		}
	}
	return nil
}

// announceFind tells the owner of a saved search of a listing that it finds, once per version.
func (s *Service) announceFind(ctx context.Context, saved Saved, l listing.Listing) error {
	_, email, _, err := s.config.People.ContactOf(ctx, saved.AccountID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("alert: %w", err)
	}
	return s.inTx(ctx, "announce", func(ctx context.Context, tx pgx.Tx) error {
		now := s.config.Now()
		tag, err := tx.Exec(
			ctx,
			insertHit,
			pgx.StrictNamedArgs{"search": saved.ID, "listing": l.ID, "version": l.PublishedVersion, "at": now, "mailed": now},
		)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		path, title := s.kind(l.Kind).PagePath(l.ID), "订阅“"+saved.Name+"”有新的"+s.kind(l.Kind).Label
		note := notify.Note{To: []int64{saved.AccountID}, Kind: "match", At: now, Title: title, Body: "《" + l.Title + "》", Link: path}
		if err := notify.Message(ctx, tx, note); err != nil {
			return err
		}
		end := s.endLink(saved.FeedToken)
		return s.mail(ctx, tx, email, title, "《"+l.Title+"》\n"+s.config.BaseURL+path+"\n\n不再需要：点开 "+end, end)
	})
}

// endLink ends a saved search or the alerts of a listing, for whoever holds the mail.
func (s *Service) endLink(token string) string { return s.config.BaseURL + "/feeds/" + token + "/end" }

// mail sends one mail; end is the address that ends this kind of mail.
func (s *Service) mail(ctx context.Context, tx pgx.Tx, to, subject, body, end string) error {
	if to == "" {
		return nil
	}
	return s.config.Queue.Enqueue(ctx, tx, notify.Mail{To: to, Subject: subject, Body: body, At: s.config.Now(), End: end}, jobs.Options{})
}

// digest is the daily job: first the searches that speak up once a day, then one mail per person.
func (s *Service) digest(ctx context.Context, _ DigestArgs) error {
	if err := s.digestSearches(ctx); err != nil {
		return err
	}
	rows, _ := s.config.DB.Query(ctx, selectUnmailed)
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	var failed []error
	for _, account := range accounts {
		if err := s.digestOf(ctx, account); err != nil { // one person's trouble must not keep the mail of others
			failed = append(failed, fmt.Errorf("digest of account %d: %w", account, err))
		}
	}
	return errors.Join(failed...)
}

// digestSearches notes what the daily searches find that was published since the last time.
func (s *Service) digestSearches(ctx context.Context) error {
	rows, _ := s.config.DB.Query(ctx, selectSavedBy, pgx.StrictNamedArgs{"notice": Daily})
	all, err := s.collectSaved(rows)
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	now := s.config.Now()
	for _, saved := range all {
		since := saved.CreatedAt
		if saved.NoticedAt != nil {
			since = saved.NoticedAt.Add(-48 * time.Hour) // what the index learned late; told once all the same
			if since.Before(saved.CreatedAt) {
				since = saved.CreatedAt
			}
		}
		entries, err := s.config.Catalogue.Feed(ctx, saved.Query, since, 100)
		if err != nil {
			return fmt.Errorf("digest: %w", err)
		}
		err = s.inTx(ctx, "digest", func(ctx context.Context, tx pgx.Tx) error {
			fresh := 0
			for _, e := range entries {
				tag, err := tx.Exec(
					ctx,
					insertHit,
					pgx.StrictNamedArgs{"search": saved.ID, "listing": e.ID, "version": e.Version, "at": now, "mailed": nil},
				)
				if err != nil {
					return err
				}
				fresh += int(tag.RowsAffected())
			}
			if _, err := tx.Exec(ctx, markNoticed, pgx.StrictNamedArgs{"id": saved.ID, "at": now}); err != nil || fresh == 0 {
				return err
			}
			return notify.Message(ctx, tx, notify.Note{To: []int64{saved.AccountID}, Kind: "match", At: now, Link: "/searches",
				Title: fmt.Sprintf("订阅“%s”有 %d 条新的%s", saved.Name, fresh, s.kind(saved.Query.Kind).Label)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unmailed is one line of a digest.
type unmailed struct {
	Search int64  // 0 for a match of an own listing
	Head   string // name of the search, or the own listing's title
	Token  string // ends it
	Own    int64  // own listing
	Found  int64
	Kind   listing.Kind // of the found one
	Title  string
}

const digestLines = 50

func (s *Service) digestOf(ctx context.Context, account int64) error {
	_, email, _, err := s.config.People.ContactOf(ctx, account)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return s.inTx(ctx, "digest", func(ctx context.Context, tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, takeUnmailed, pgx.StrictNamedArgs{"account": account, "at": s.config.Now()})
		lines, err := pgx.CollectRows(rows, pgx.RowToStructByName[unmailed])
		if err != nil {
			return err
		}
		for i := range lines {
			if err := s.config.DB.Contents().OpenText(sealedToken, &lines[i].Token); err != nil {
				return err
			}
		}
		// what was withdrawn since is not named in the mail
		open := lines[:0]
		for _, u := range lines {
			l, err := s.config.Listings.Any(ctx, u.Found)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err == nil && l.Public(s.config.Now()) {
				u.Kind, u.Title = l.Kind, l.Title
				open = append(open, u)
			}
		}
		if len(open) == 0 {
			return nil
		}
		return s.mail(ctx, tx, email, fmt.Sprintf("科技大市场：%d 条新的匹配和订阅", len(open)), s.digestText(open), s.digestEnd(open))
	})
}

// digestEnd is the address that ends the digest when it speaks of one saved search or listing only; several things are ended one by
// one, by the links of the text.
func (s *Service) digestEnd(lines []unmailed) string {
	for _, u := range lines {
		if u.Token == "" || u.Token != lines[0].Token {
			return ""
		}
	}
	return s.endLink(lines[0].Token)
}

func (s *Service) digestText(lines []unmailed) string {
	var b strings.Builder
	head, rest := "", 0
	for i, u := range lines {
		if i >= digestLines {
			rest++
			continue
		}
		if at := fmt.Sprintf("%d/%d/%s", u.Search, u.Own, u.Head); at != head {
			head = at
			if u.Search != 0 {
				fmt.Fprintf(&b, "\n订阅“%s”（结束它：%s）\n", u.Head, s.endLink(u.Token))
			} else {
				own := s.kind(s.other(u.Kind))
				fmt.Fprintf(&b, "\n您的%s“%s”（全部匹配：%s", own.Label, u.Head, s.config.BaseURL+own.MatchesPath(u.Own))
				if u.Token != "" { // announced before alerts had an address to end them
					b.WriteString("；结束提醒：" + s.endLink(u.Token))
				}
				b.WriteString("）\n")
			}
		}
		fmt.Fprintf(&b, "· 《%s》 %s%s\n", u.Title, s.config.BaseURL, s.kind(u.Kind).PagePath(u.Found))
	}
	if rest > 0 {
		fmt.Fprintf(&b, "\n另有 %d 条，登录后在消息里查看。\n", rest)
	}
	fmt.Fprintf(&b, "\n管理或结束提醒：%s/searches\n", s.config.BaseURL)
	return strings.TrimLeft(b.String(), "\n")
}
