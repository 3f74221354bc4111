package cli

import (
	"context"
	"flag"
	"fmt"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/demo"
)

// runServe runs the market until the context ends.
func runServe(ctx context.Context, env *app.Environment, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	withDemo := flags.Bool("demo", false, "空库时先装入样例市场")
	semantic := flags.Bool("semantic", false, "在数据文件夹里安装并启动一个小的向量服务，匹配时加上语义")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	c, err := app.LoadConfig(env)
	if err != nil {
		return err
	}
	return app.Run(ctx, env, c, app.Options{Semantic: *semantic, Welcome: demo.Welcome,
		Ready: func(ctx context.Context, s *app.Services) error {
			if *withDemo {
				if err := demo.FirstStart(ctx, s); err != nil {
					return err
				}
			}
			tellAway(ctx, env, s.Platform)
			return nil
		}})
}

// tellAway says at the start which configured server does not answer; the market runs without it.
func tellAway(ctx context.Context, env *app.Environment, p *app.Platform) {
	for _, f := range servers(env, p.Config) {
		limited, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := f.run(limited)
		cancel()
		if err != nil {
			fmt.Fprintf(env.Stdout, "注意：%s\n", app.Words(err))
			p.Log.Warn("a configured server does not answer", "server", f.name, "error", app.Words(err))
		}
	}
}
