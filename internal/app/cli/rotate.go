package cli

import (
	"context"
	"fmt"

	"techmarket/internal/app"
)

// runRotateKeys makes a new key for what lies sealed in the database and seals everything anew, in batches; it may be stopped and run
// again. Keys of the environment are changed there: the command then only seals anew.
func runRotateKeys(ctx context.Context, env *app.Environment, args []string) error {
	if len(args) > 0 {
		fmt.Fprintln(env.Stderr, "用法：techmarket rotate-keys")
		return exitCode(2)
	}
	return withPlatform(ctx, env, func(p *app.Platform) error {
		if !p.Vault.Given() {
			if err := p.Vault.Rotate(); err != nil {
				return err
			}
		}
		n, err := app.SealAll(ctx, p)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "已换到新密钥：%d 行。请另行备份数据密钥；数据库备份里没有它。旧密钥留着，以前的备份还要用它打开。\n", n)
		return nil
	})
}
