package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"techmarket/internal/market/listing"
	"techmarket/internal/platform/jobs"
	"techmarket/search"
)

// runReindex rebuilds the search index beside the serving one and swaps, or checks it against the database.
func runReindex(ctx context.Context, env *environment, args []string) error {
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
	return withServices(ctx, env, func(s *services) error {
		if s.platform.Attached && *check {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			said, err := s.queue.Ask(ctx, checkArgs{})
			fmt.Fprint(env.Stdout, said)
			return err
		}
		if s.platform.Attached { // the index belongs to the running market
			if err := s.reindex(ctx); err != nil {
				return err
			}
			fmt.Fprintln(env.Stdout, "市场正在运行，索引归它使用：已交给它重建，重建期间搜索照常。")
			return nil
		}
		if *check {
			return s.checkIndex(ctx, env.Stdout)
		}
		bar := newProgress(env.Stdout)
		total, err := s.countDocuments(ctx)
		if err != nil {
			return err
		}
		done := 0
		err = s.engine.Rebuild(ctx, func(emit func(...search.Document) error) error {
			return s.listings.Documents(ctx, func(docs ...search.Document) error {
				if err := emit(docs...); err != nil {
					return err
				}
				done += len(docs)
				bar.at("重建索引", done, total, "")
				return nil
			})
		})
		if err != nil {
			return err
		}
		if err := s.learn(ctx, false); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "索引已重建并启用，共 %d 条。\n", done)
		return nil
	})
}

func (s *services) countDocuments(ctx context.Context) (n int, err error) {
	err = s.listings.Documents(ctx, func(docs ...search.Document) error { n += len(docs); return nil })
	return n, err
}

// checkTimeout bounds the wait for a running market's check; 100,000 listings take seconds.
const checkTimeout = 10 * time.Minute

// checkNamed is how many differences are named; the others are counted.
const checkNamed = 200

// answerCheck is checkIndex for a command beside this process.
func (s *services) answerCheck(ctx context.Context, _ checkArgs) error {
	var said strings.Builder
	if err := s.checkIndex(ctx, &said); err != nil {
		return err
	}
	return jobs.Answer(ctx, said.String())
}

// checkIndex compares the version of every public listing with the index, names what differs, and mends it.
func (s *services) checkIndex(ctx context.Context, out io.Writer) error {
	indexed := map[string]int64{}
	if err := s.engine.Refs(ctx, func(r search.Ref) error { indexed[r.ID] = r.Version; return nil }); err != nil {
		return err
	}
	var wrong []string
	total := 0
	differ := func(id, what string) {
		if listing.IDOf(id) != 0 && len(wrong) < checkNamed {
			fmt.Fprintf(out, "  %s %s\n", id, what)
		}
		wrong = append(wrong, id)
	}
	err := s.listings.Documents(ctx, func(docs ...search.Document) error {
		total += len(docs)
		for _, d := range docs {
			version, there := indexed[d.ID]
			delete(indexed, d.ID)
			switch {
			case !there:
				differ(d.ID, "索引里没有")
			case version != d.Version:
				differ(d.ID, fmt.Sprintf("数据库是第 %d 版，索引是第 %d 版", d.Version, version))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id := range indexed {
		differ(id, "已不公开，索引里还有")
	}
	n, err := s.indexAnew(ctx, s.engine, wrong)
	switch {
	case err != nil:
		return err
	case n == 0:
		fmt.Fprintf(out, "数据库与索引一致，共 %d 条。\n", total)
	default:
		fmt.Fprintf(out, "公开信息 %d 条，其中 %d 处不一致，已修补。\n", total, n)
	}
	return nil
}

// indexAnew indexes these documents as the database has them, deletes those that are no listing's, and gives the number of listings.
func (s *services) indexAnew(ctx context.Context, e search.Engine, documents []string) (listings int, err error) {
	var ids []int64
	for _, document := range documents {
		if id := listing.IDOf(document); id != 0 {
			ids = append(ids, id)
		} else if err := e.Delete(ctx, document); err != nil {
			return 0, err
		}
	}
	for part := range slices.Chunk(ids, 500) {
		if err := s.listings.Index(ctx, e, part); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
