package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/disclosure"
)

// verifyRooms walks the ledgers of all disclosure rooms, their frozen words, and the agreements that the register vouches for.
func verifyRooms(ctx context.Context, s *app.Services, env *app.Environment, agreements map[int64]string) error {
	rooms, found, err := s.Rooms.Verify(ctx, agreements)
	if err != nil {
		return err
	}
	for _, p := range found {
		switch {
		case p.Entry != 0:
			fmt.Fprintf(env.Stdout, "  披露室 %d：披露记录第 %d 行起与前后不符\n", p.Room, p.Entry)
		default:
			fmt.Fprintf(env.Stdout, "  披露室 %d：协议 %d 与摘要或登记簿不符\n", p.Room, p.Words)
		}
	}
	if len(found) > 0 {
		return fault.New(fault.Conflict, "rooms_broken", "有披露室的记录或协议与摘要不符。")
	}
	fmt.Fprintf(env.Stdout, "披露室：%d 个，披露记录首尾相连，协议与摘要一致。\n", rooms)
	return nil
}

// verifyPack checks a signature pack.
func verifyPack(env *app.Environment, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fault.Wrapf(err, fault.NotFound, "file_unreadable", "打不开文件 %s，请检查路径和权限。", path)
	}
	sig, words, err := disclosure.CheckPack(raw)
	if err != nil {
		return err
	}
	at := func(t *time.Time) string {
		if t == nil {
			return "还没有接受"
		}
		return clock.Local(*t).Format("2006-01-02 15:04:05")
	}
	fmt.Fprintf(env.Stdout, "《%s》，全文摘要 %s，文本没有改动。\n", words.Title, sig.Digest)
	fmt.Fprintf(env.Stdout, "发出：%s %s，%s\n", sig.Offered.OrgName, sig.Offered.Name, at(sig.Offered.At))
	for _, a := range sig.Accepted {
		fmt.Fprintf(env.Stdout, "接受：%s %s，%s\n", a.OrgName, a.Name, at(a.At))
	}
	if !sig.Complete {
		fmt.Fprintln(env.Stdout, "列名的人还没有全部接受。")
	}
	return nil
}
