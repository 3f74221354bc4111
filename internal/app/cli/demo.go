package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"techmarket/internal/app"
	"techmarket/internal/app/demo"
)

// runDemo loads or removes the sample market.
func runDemo(ctx context.Context, env *app.Environment, args []string) error {
	const usage = "用法：techmarket demo load|remove\n" +
		"  load    装入样例市场（数据库里已有真实的登记点或合同时拒绝）\n" +
		"  remove  删除全部样例数据；登记簿和审计记录首尾相连，只增不减，仍保留其中的样例行\n"
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	flags.Usage = func() { fmt.Fprint(env.Stderr, usage) }
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 || !slices.Contains([]string{"load", "remove"}, flags.Arg(0)) {
		if err == nil {
			flags.Usage()
		}
		return exitCode(2)
	}
	return withServices(ctx, env, func(s *app.Services) error {
		if flags.Arg(0) == "remove" {
			return demo.Remove(ctx, s, env.Stdout)
		}
		loaded, err := demo.Load(ctx, s, demo.Options{}, env.Stdout)
		if err != nil {
			return err
		}
		if !loaded {
			fmt.Fprintln(env.Stdout, "样例市场已经装入，没有改动。要重新装入，请先运行 techmarket demo remove。")
			return nil
		}
		fmt.Fprintln(env.Stdout, demo.Welcome(ctx, s))
		return nil
	})
}
