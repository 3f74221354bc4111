package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"

	"techmarket/internal/app"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/search"
)

// matchLine is one match as `match --json` prints it, one object a line.
type matchLine struct {
	Rank    int      `json:"rank"`
	ID      string   `json:"id"` // of the listing: a12, d7
	Title   string   `json:"title"`
	Org     string   `json:"organisation"`
	Score   float64  `json:"score"` // 0–1
	Band    string   `json:"band"`  // 高, 中, 低
	Reasons []string `json:"reasons"`
	Lack    string   `json:"lack,omitempty"`
	Words   []string `json:"words"`
}

// runMatch prints the listings of the other side that fit a demand, an achievement or a pasted problem, with the reasons.
func runMatch(ctx context.Context, env *app.Environment, args []string) error {
	flags := flag.NewFlagSet("match", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	numbers, usage := matchedFlags(flags)
	text := flags.String("text", "", "一段话描述的问题：找成果")
	limit := flags.Int("limit", 10, "最多几条，1—100")
	asJSON := flags.Bool("json", false, "每行一个 JSON 对象")
	flags.Usage = func() {
		fmt.Fprint(env.Stderr, "用法：techmarket match "+usage+" | --text \"问题\" [--limit 条数] [--json]\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	asked, of := 0, demand.Kind // a pasted problem is a need
	if strings.TrimSpace(*text) != "" {
		asked++
	}
	for kind, number := range numbers {
		if *number != 0 {
			asked, of = asked+1, kind
		}
	}
	if asked != 1 || flags.NArg() != 0 || *limit < 1 || *limit > 100 {
		flags.Usage()
		return exitCode(2)
	}
	return withServices(ctx, env, func(s *app.Services) error {
		if err := s.FillAside(ctx); err != nil {
			return err
		}
		request := matching.Request{Want: string(s.Listings.Kinds().Of(of).Counterpart), Limit: *limit,
			Listing: search.Document{Kind: string(of), Body: *text}}
		if number := numbers[of]; number != nil && *number != 0 {
			var err error
			if request.Listing, err = published(ctx, s, of, *number); err != nil {
				return err
			}
		}
		found, err := s.Watch.Find(ctx, request)
		if err != nil {
			return err
		}
		if *asJSON {
			out := json.NewEncoder(env.Stdout)
			out.SetEscapeHTML(false)
			for i, m := range found.Items {
				if err := out.Encode(lineOf(i+1, m)); err != nil {
					return err
				}
			}
			return nil
		}
		printMatches(env, found)
		return nil
	})
}

// matchedFlags defines a flag for the number of a listing of each kind that is matched with another.
func matchedFlags(flags *flag.FlagSet) (numbers map[listing.Kind]*int64, usage string) {
	kinds := app.Kinds()
	numbers = map[listing.Kind]*int64{}
	var names []string
	for _, d := range kinds {
		i := slices.IndexFunc(kinds, func(other listing.Descriptor) bool { return other.Kind == d.Counterpart })
		if i < 0 {
			continue
		}
		numbers[d.Kind] = flags.Int64(string(d.Kind), 0, d.Label+"编号：找"+kinds[i].Label)
		names = append(names, "--"+string(d.Kind)+" 编号")
	}
	return numbers, strings.Join(names, " | ")
}

// published is a listing as the index holds it: what is public.
func published(ctx context.Context, s *app.Services, kind listing.Kind, id int64) (search.Document, error) {
	doc, indexed, err := s.Catalogue.Indexed(ctx, kind, id)
	if err == nil && !indexed {
		err = fault.Newf(fault.NotFound, "listing", "没有找到编号为 %d 的已发布%s。编号在网页地址的末尾；刚刚发布的请稍等几秒。",
			id, s.Listings.Kinds().Of(kind).Label)
	}
	return doc, err
}

func lineOf(rank int, m matching.Match) matchLine {
	return matchLine{Rank: rank, ID: m.Document.ID, Title: m.Document.Stored["title"], Org: m.Document.Stored["orgName"],
		Score: m.Explained.Score, Band: m.Explained.Band.String(),
		Reasons: m.Explained.Reasons, Lack: m.Explained.Lack, Words: m.Explained.Words}
}

func printMatches(env *app.Environment, found matching.Matches) {
	if len(found.Items) == 0 {
		fmt.Fprintln(env.Stdout, "没有找到合适的匹配。把对象、方法和指标写具体些，结果会更好。")
	}
	for i, m := range found.Items {
		l := lineOf(i+1, m)
		fmt.Fprintf(env.Stdout, "%2d. %s（%s，%s）  %s %.2f\n", l.Rank, l.Title, l.ID, l.Org, l.Band, l.Score)
		if len(l.Reasons) > 0 {
			fmt.Fprintf(env.Stdout, "    理由：%s\n", strings.Join(l.Reasons, "；"))
		}
		if len(l.Words) > 0 {
			fmt.Fprintf(env.Stdout, "    词语：%s\n", strings.Join(l.Words, "、"))
		}
		if l.Lack != "" {
			fmt.Fprintf(env.Stdout, "    不足：%s\n", l.Lack)
		}
	}
}
