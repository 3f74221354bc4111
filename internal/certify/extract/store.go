package extract

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/scan"
)

const (
	selectText = `select pages, again, failure, recognised, waiting from file_text where digest = @digest`
	insertText = `insert into file_text (digest, pages, failure, read_at) values (@digest, @pages, @failure, @now) on conflict do nothing`
	awaitText  = `update file_text set waiting = true,
	again = case when cardinality(again) = cardinality(pages) then again else array_fill(''::text, array[cardinality(pages)]) end
where digest = @digest and not waiting`
	updatePage = `update file_text set pages[@page] = @text, again[@page] = @again, recognised = recognised || @page::int, read_at = @now
where digest = @digest and not (@page::int = any(recognised))`
	endText = `update file_text set waiting = false where digest = @digest`
)

type textRow struct {
	Pages, Again []string
	Failure      string
	Recognised   []int
	Waiting      bool
}

func loadText(ctx context.Context, q postgres.Querier, digest string) (Text, error) {
	row, err := postgres.One[textRow](ctx, q, selectText, pgx.StrictNamedArgs{"digest": digest})
	return Text{Pages: row.Pages, Again: row.Again, Failure: row.Failure, Recognised: row.Recognised, Waiting: row.Waiting}, err
}

func storeText(ctx context.Context, tx pgx.Tx, digest string, t Text, now time.Time) error {
	_, err := tx.Exec(ctx, insertText, pgx.StrictNamedArgs{"digest": digest, "pages": t.Pages, "failure": t.Failure, "now": now})
	return err
}

// await marks a text as being recognised; first is false where it was already.
func await(ctx context.Context, tx pgx.Tx, digest string) (first bool, err error) {
	tag, err := tx.Exec(ctx, awaitText, pgx.StrictNamedArgs{"digest": digest})
	return tag.RowsAffected() == 1, err
}

func storePage(ctx context.Context, q postgres.Querier, digest string, page int, t scan.Text, now time.Time) error {
	_, err := q.Exec(ctx, updatePage, pgx.StrictNamedArgs{"digest": digest, "page": page, "text": squeeze(t.First), "again": squeeze(t.Second),
		"now": now})
	return err
}

// squeeze drops white space, as the texts of PDFs are kept.
func squeeze(page string) string { return strings.Join(strings.Fields(page), "") }

func arrived(ctx context.Context, q postgres.Querier, digest string) error {
	_, err := q.Exec(ctx, endText, pgx.StrictNamedArgs{"digest": digest})
	return err
}
