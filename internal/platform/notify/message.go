package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

// Note is one message to several people.
type Note struct {
	To    []int64 // accounts; named twice, told once
	Kind  string  // "deal", "listing" …: chooses the icon
	Title string
	Body  string
	Link  string // path inside the site
	At    time.Time
}

// Message puts a note into each account's message box, in the caller's transaction.
func Message(ctx context.Context, tx pgx.Tx, n Note) error {
	if _, err := tx.Exec(ctx, messageSQL, pgx.StrictNamedArgs{"to": n.To, "kind": n.Kind, "title": n.Title, "body": n.Body, "link": n.Link,
		"at": n.At}); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	return nil
}

const messageSQL = `insert into message (account_id, kind, title, body, link, created_at)
select distinct account, @kind, @title, @body, @link, @at::timestamptz from unnest(@to::bigint[]) as account`

// Received is a message as its reader sees it.
type Received struct {
	ID        int64
	Kind      string
	Title     string
	Body      string
	Link      string
	CreatedAt time.Time
	ReadAt    *time.Time
}

// Box lists one account's messages, newest first: those with an id below before (0: from the newest), at most limit.
func Box(ctx context.Context, q postgres.Querier, account, before int64, limit int) ([]Received, error) {
	rows, _ := q.Query(ctx, boxSQL, pgx.StrictNamedArgs{"account": account, "before": before, "limit": limit})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Received])
	if err != nil {
		return nil, fmt.Errorf("message box: %w", postgres.Fault(err))
	}
	return list, nil
}

const boxSQL = `select id, kind, title, body, link, created_at, read_at from message
where account_id = @account and (@before::bigint = 0 or id < @before) order by id desc limit @limit`

// Unread counts one account's unread messages.
func Unread(ctx context.Context, q postgres.Querier, account int64) (int, error) {
	var n int
	if err := q.QueryRow(ctx, unreadSQL, pgx.StrictNamedArgs{"account": account}).Scan(&n); err != nil {
		return 0, fmt.Errorf("unread messages: %w", postgres.Fault(err))
	}
	return n, nil
}

const unreadSQL = `select count(*) from message where account_id = @account and read_at is null`

// Read marks one message of the account as read, or all of them when id is 0, and returns the link of the one.
// Fault: NotFound when the message is not this account's.
func Read(ctx context.Context, q postgres.Querier, account, id int64, at time.Time) (link string, err error) {
	args := pgx.StrictNamedArgs{"account": account, "at": at}
	if id == 0 {
		if _, err := q.Exec(ctx, readAllSQL, args); err != nil {
			return "", fmt.Errorf("read messages: %w", postgres.Fault(err))
		}
		return "", nil
	}
	args["id"] = id
	if err := q.QueryRow(ctx, readSQL, args).Scan(&link); err != nil {
		return "", fmt.Errorf("read message: %w", postgres.Fault(err))
	}
	return link, nil
}

const readAllSQL = `update message set read_at = @at where account_id = @account and read_at is null`

const readSQL = `update message set read_at = coalesce(read_at, @at) where account_id = @account and id = @id returning link`
