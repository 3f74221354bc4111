package people

import (
	"context"
	"strconv"
	"time"

	"techmarket/internal/platform/audit"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Refusals counts refused attempts; platform/audit fulfils it.
type Refusals interface {
	List(ctx context.Context, since time.Time) ([]audit.Refusal, error)
}

// refusals shows the operator who was refused what in the last week, so that somebody who tries doors is seen.
func (p *Pages) refusals(c *web.Ctx) error {
	found, err := p.Refusals.List(c.Context(), c.Now().AddDate(0, 0, -7))
	if err != nil {
		return err
	}
	var accounts []int64
	for _, r := range found {
		accounts = append(accounts, r.Account)
	}
	names, err := p.Identity.Names(c.Context(), accounts)
	if err != nil {
		return err
	}
	t := ui.Columns[audit.Refusal]{
		ui.TextColumn("谁", func(r audit.Refusal) string {
			if r.Account == 0 {
				return "未登录"
			}
			return ui.FirstOf(names[r.Account], "账号 "+strconv.FormatInt(r.Account, 10))
		}),
		ui.TextColumn("做什么", func(r audit.Refusal) string { return r.Action }),
		ui.TextColumn("原因", func(r audit.Refusal) string { return r.Code }),
		ui.TextColumn("次数", func(r audit.Refusal) string { return strconv.FormatInt(r.N, 10) }),
		ui.TextColumn("时段", func(r audit.Refusal) string { return view.DayTime(r.Begins) }),
	}.Table("最近七天被拒绝的访问", found)
	body := ui.Sheet{Lead: "没有权限、不在范围内和超过限额的访问，按人、地址和小时合计；每小时结束后写入审计记录。次数多的在前。"}
	if len(found) == 0 {
		body.Main = []ui.Block{{Intro: "最近七天没有被拒绝的访问。"}}
	} else {
		body.Main = []ui.Block{{Parts: view.Parts{t}}}
	}
	return ui.ShowSheet(c, c.Page("被拒绝的访问"), body)
}
