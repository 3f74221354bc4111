package cli

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/insight/price"
	"techmarket/internal/trade/challenge"
	"techmarket/internal/trade/notice"
	"techmarket/internal/trade/rights"
	"techmarket/internal/trade/sale"
)

// replays are the rules that anyone can run again on stored facts, by kind. Each is the function that the site calls.
func replays() map[string]fact.Rule {
	rules := map[string]fact.Rule{
		"auction": fact.Of(sale.ReplayAuction),
		"sealed":  fact.Of(sale.DecideSealed),
		"deposit": fact.Of(sale.SettleDeposits),
		"notice":  fact.Of(notice.Replay),
		"income":  fact.Of(rights.Distribute),
		"race":    fact.Of(challenge.Judge),
		"price":   fact.Of(price.Evidence),
	}
	maps.Copy(rules, regionReplays())
	return rules
}

// runReplay is `techmarket replay KIND FILE`: it answers every record of the file (one JSON object a line, "-" for standard input) by
// the rule of that kind. It needs no database and reads no clock. The first line that cannot be read ends it.
func runReplay(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	rules := replays()
	kinds := strings.Join(slices.Sorted(maps.Keys(rules)), " ")
	if len(args) != 2 {
		return fault.Newf(fault.Invalid, "usage", "用法：techmarket replay 种类 文件（每行一个 JSON；- 表示标准输入）；种类：%s", kinds)
	}
	rule, ok := rules[args[0]]
	if !ok {
		return fault.Newf(fault.Invalid, "usage", "没有“%s”这一种类；种类：%s", args[0], kinds)
	}
	in, err := openInput(args[1], stdin)
	if err != nil {
		return err
	}
	defer in.Close() // read only: nothing to lose
	return fact.Replay(reader{ctx, in}, stdout, rule)
}
