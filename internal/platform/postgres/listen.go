package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Listen hears what is told on a channel, on a connection of its own, until the context ends or the connection is lost. begun is called
// once nothing told from then on can be missed. It always returns an error.
func Listen(ctx context.Context, db *DB, channel string, begun func(), heard func(payload string)) error {
	conn, err := pgx.ConnectConfig(ctx, db.Pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen "+ident(channel)); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	begun()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		heard(n.Payload)
	}
}

// Tell says something to all who listen to a channel.
func Tell(ctx context.Context, db *DB, channel, payload string) error {
	_, err := db.Exec(ctx, "select pg_notify($1, $2)", channel, payload)
	return err
}
