package cli

import (
	"context"
	"fmt"

	"techmarket/internal/app"
)

// runMigrate brings the database to this program's version and says which.
func runMigrate(ctx context.Context, env *app.Environment, _ []string) error {
	if err := withPlatform(ctx, env, func(*app.Platform) error { return nil }); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.Stdout, "数据库已是本程序的版本。")
	return err
}
