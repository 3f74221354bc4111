package cli

import (
	"context"
	"fmt"

	"techmarket/internal/app"
)

// runMigrate brings the database to this program's version and says which.
func runMigrate(ctx context.Context, env *app.Environment, _ []string) error {
	c, err := app.LoadConfig(env)
	if err != nil {
		return err
	}
	p, err := app.OpenPlatform(ctx, env, c, true)
	if err != nil {
		return err
	}
	if err := p.Close(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, "数据库已是本程序的版本。")
	return err
}
