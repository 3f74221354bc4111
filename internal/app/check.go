package app

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"techmarket/internal/platform/jobs"
	"techmarket/search"
)

// CheckTimeout bounds the wait for a running market's check; 100,000 listings take seconds.
const CheckTimeout = 10 * time.Minute

// checkNamed is how many differences are named; the others are counted.
const checkNamed = 200

// answerCheck is checkIndex for a command beside this process.
func (s *Services) answerCheck(ctx context.Context, _ CheckArgs) error {
	var said strings.Builder
	if err := s.CheckIndex(ctx, &said); err != nil {
		return err
	}
	return jobs.Answer(ctx, said.String())
}

// CheckIndex compares the version of every public listing with the index, names what differs, and mends it.
func (s *Services) CheckIndex(ctx context.Context, out io.Writer) error {
	indexed := map[string]int64{}
	if err := s.Engine.Refs(ctx, func(r search.Ref) error { indexed[r.ID] = r.Version; return nil }); err != nil {
		return err
	}
	var wrong []string
	total := 0
	differ := func(id, what string) {
		if sourceOf(s.sources(), id) >= 0 && len(wrong) < checkNamed {
			fmt.Fprintf(out, "  %s %s\n", id, what)
		}
		wrong = append(wrong, id)
	}
	err := s.documents(ctx, func(docs ...search.Document) error {
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
	n, err := s.indexAnew(ctx, s.Engine, wrong)
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

// indexAnew indexes these documents as the database has them, deletes those that are nothing's, and gives the number of the others.
func (s *Services) indexAnew(ctx context.Context, e search.Engine, documents []string) (n int, err error) {
	sources := s.sources()
	numbers := make([][]int64, len(sources))
	for _, document := range documents {
		if i := sourceOf(sources, document); i >= 0 {
			numbers[i] = append(numbers[i], sources[i].number(document))
		} else if err := e.Delete(ctx, document); err != nil {
			return 0, err
		}
	}
	for i, from := range sources {
		for part := range slices.Chunk(numbers[i], 500) {
			if err := from.index(ctx, e, part); err != nil {
				return 0, err
			}
		}
		n += len(numbers[i])
	}
	return n, nil
}

// sourceOf is the place of the source that a document belongs to; −1 for none.
func sourceOf(sources []source, document string) int {
	return slices.IndexFunc(sources, func(from source) bool { return from.number(document) != 0 })
}
