package registry

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// deadlineQuery lists the open filings of a scope by the day that holds. The open queue of the whole region is bounded by what
// people can have in hand, some thousands.
func deadlineQuery(sc scope) string {
	q := &listQuery{args: pgx.StrictNamedArgs{}}
	q.within(sc, 0)
	q.and("decided_at is null")
	return fmt.Sprintf("select %s from filing where %s order by due_on, id limit 20000", queueColumns, strings.Join(q.where, " and "))
}

func deadlineArgs(sc scope) pgx.StrictNamedArgs {
	q := &listQuery{args: pgx.StrictNamedArgs{}}
	q.within(sc, 0)
	return q.args
}

const insertWarning = `insert into deadline_warning (filing_id, level, due_on, at) values (@filing, @level, @due, @now) on conflict do nothing`
