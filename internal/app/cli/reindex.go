package cli

import (
	"context"
	"flag"
	"fmt"

	"techmarket/internal/app"
	"techmarket/search"
)

// runReindex rebuilds the search index beside the serving one and swaps, or checks it against the database.
func runReindex(ctx context.Context, env *app.Environment, args []string) error {
	flags := flag.NewFlagSet("reindex", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	check := flags.Bool("check", false, "只比较数据库和索引，列出并修补不一致的信息")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	if flags.NArg() != 0 {
		fmt.Fprintln(env.Stderr, "用法：techmarket reindex [--check]")
		return exitCode(2)
	}
	return withServices(ctx, env, func(s *app.Services) error {
		if s.Platform.Attached && *check {
			ctx, cancel := context.WithTimeout(ctx, app.CheckTimeout)
			defer cancel()
			said, err := s.Queue.Ask(ctx, app.CheckArgs{})
			fmt.Fprint(env.Stdout, said)
			return err
		}
		if s.Platform.Attached { // the index belongs to the running market
			if err := s.Reindex(ctx); err != nil {
				return err
			}
			fmt.Fprintln(env.Stdout, "市场正在运行，索引归它使用：已交给它重建，重建期间搜索照常。")
			return nil
		}
		if *check {
			return s.CheckIndex(ctx, env.Stdout)
		}
		bar := app.NewProgress(env.Stdout)
		total, err := countDocuments(ctx, s)
		if err != nil {
			return err
		}
		done := 0
		err = s.Engine.Rebuild(ctx, func(emit func(...search.Document) error) error {
			return s.Listings.Documents(ctx, func(docs ...search.Document) error {
				if err := emit(docs...); err != nil {
					return err
				}
				done += len(docs)
				bar.At("重建索引", done, total, "")
				return nil
			})
		})
		if err != nil {
			return err
		}
		if err := s.Learn(ctx, false); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "索引已重建并启用，共 %d 条。\n", done)
		return nil
	})
}

func countDocuments(ctx context.Context, s *app.Services) (n int, err error) {
	err = s.Listings.Documents(ctx, func(docs ...search.Document) error { n += len(docs); return nil })
	return n, err
}
