package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"techmarket/internal/foundation/fault"
	"techmarket/migrations"
)

// Migrate brings the schema to this program's version: ours by goose, then the job queue's own. Safe to call from two
// processes at once (the second waits). Run it before other connections prepare statements.
//
// Faults: Unavailable schema_newer when a newer program has already migrated this database, schema_retired when it was made
// before the schema was written anew; nothing is changed then.
// Unavailable migrate_failed when a step did not go through; it left nothing.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error { return migrate(ctx, pool, migrations.FS) }

func migrate(ctx context.Context, pool *pgxpool.Pool, steps fs.FS) (err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 10))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", Fault(err))
	}
	defer conn.Close()
	if err := locker.SessionLock(ctx, conn); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if unlockErr := locker.SessionUnlock(release, conn); err == nil && unlockErr != nil {
			err = fmt.Errorf("migrate: %w", unlockErr)
		}
	}()

	// No lock option here: the lock above also covers the queue's migrations.
	// Migrations of several branches may arrive out of the order of their numbers; none depends on another.
	ours, err := goose.NewProvider(goose.DialectPostgres, db, steps, goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	current, target, err := ours.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := CheckVersion(current, target); err != nil {
		return err
	}
	if _, err := ours.Up(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "migrate_failed",
			"数据库升级没有完成：停下的那一步没有改动数据，之前的步骤已经完成。请按原因处理后再启动；要退回旧版本，请恢复升级前的备份。")
	}

	queue, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	return nil
}

// SchemaVersion tells where the database stands and where this program would bring it; ready when both are equal.
func SchemaVersion(ctx context.Context, pool *pgxpool.Pool) (current, target int64, err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	ours, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS)
	if err != nil {
		return 0, 0, fmt.Errorf("schema version: %w", err)
	}
	if current, target, err = ours.GetVersions(ctx); err != nil {
		return 0, 0, fmt.Errorf("schema version: %w", Fault(err))
	}
	return current, target, nil
}

// CheckVersion refuses a database that this program cannot work on and must not change (faults as told at Migrate).
func CheckVersion(current, target int64) error {
	switch {
	case current > target:
		return fault.Newf(fault.Unavailable, "schema_newer",
			"这个数据库已由更新版本的程序升级（库 %d，本程序 %d），本程序不会改动它。请换用新版本的 techmarket，或恢复升级前的备份。", current, target)
	case current > 0 && current < migrations.First: // 0: an empty database
		return fault.Newf(fault.Unavailable, "schema_retired",
			"这个数据库由早期版本的程序建立（库 %d，本程序从 %d 起），表结构已经重新整理，不能接着升级，本程序不会改动它。"+
				"需要其中的数据时，请用原来的程序备份（techmarket backup）并留存；再用 TECHMARKET_DATA 另选一个空的数据文件夹启动，"+
				"使用 DATABASE_URL 的，请让它指向一个空库。", current, migrations.First)
	}
	return nil
}
