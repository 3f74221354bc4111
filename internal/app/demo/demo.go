// Package demo loads the sample market and takes it away. It drives the services along a moving clock, so that every history,
// number, certificate and message is what the product makes.
package demo

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/app"
	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
)

// Options narrows what is loaded; the zero value loads everything.
type Options struct {
	Limit int // at most so many achievements, demands, deals and contracts of each state; 0: all
}

// The marks of a complete load in the audit trail: a load that was killed has no mark and is done again from the start.
const (
	loadedMark  = "demo.load"
	removedMark = "demo.remove"
)

// FirstStart loads the sample market into a database without real organisations, for the first start; elsewhere it does nothing.
func FirstStart(ctx context.Context, s *app.Services) error {
	state, err := readState(ctx, s.Platform.DB)
	if err != nil || state.Complete || state.RealOrganisations > 0 {
		return err
	}
	fmt.Fprintln(s.Platform.Out, "第一次启动：装入样例市场，请稍候。")
	_, err = Load(ctx, s, Options{}, s.Platform.Out)
	return err
}

// Load fills the market with the sample by driving the services along a moving clock, so that every history, number,
// certificate and message is what the product makes. It reports false where the sample is already there; what a killed
// load left is removed first. Fault: conflict "demo_real_data" where real points or contracts exist, because sample
// certificates must not take numbers of a working register.
func Load(ctx context.Context, s *app.Services, o Options, out io.Writer) (bool, error) {
	state, err := readState(ctx, s.Platform.DB)
	switch {
	case err != nil:
		return false, err
	case state.Complete:
		return false, nil
	case state.RealPoints > 0 || state.RealContracts > 0:
		return false, fault.Newf(fault.Conflict, "demo_real_data", "数据库里已有 %d 个真实的登记点、%d 份真实的合同，样例市场不能装入正在使用的市场。请换一个空的数据目录（TECHMARKET_DATA）或数据库。",
			state.RealPoints, state.RealContracts)
	case state.Organisations > 0:
		fmt.Fprintln(out, "上次装入样例市场没有完成，先清除再重新装入。")
		if err := Remove(ctx, s, out); err != nil {
			return false, err
		}
	}
	started := time.Now()
	l, err := newLoader(ctx, s, o, out)
	if err != nil {
		return false, err
	}
	defer l.close()
	if err := l.load(ctx); err != nil {
		return false, fmt.Errorf("load the sample market: %w", err)
	}
	if err := s.Reindex(ctx); err != nil {
		return false, err
	}
	if _, err := s.Monitor.Refresh(ctx); err != nil { // the queue is full of papers to draw for minutes
		return false, err
	}
	// The mark commits durably, and with it everything before.
	err = s.Platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := markRead(ctx, tx, l.end); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Platform.Now(), Action: loadedMark, ObjectKind: "demo", ObjectID: fmt.Sprint(sample.Seed),
			Detail: l.counts})
	})
	if err != nil {
		return false, err
	}
	l.tell(time.Since(started))
	return true, nil
}

// Remove deletes everything that is_sample marks in one transaction, then from the search index. Rows of the ledger and
// of the audit trail stay: they are chained.
func Remove(ctx context.Context, s *app.Services, out io.Writer) error {
	var deleted map[string]int64
	err := s.Platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if deleted, err = deleteSample(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Platform.Now(), Action: removedMark, ObjectKind: "demo", ObjectID: fmt.Sprint(sample.Seed),
			Detail: deleted})
	})
	if err != nil {
		return fmt.Errorf("remove the sample market: %w", err)
	}
	if err := s.Reindex(ctx); err != nil {
		return err
	}
	if !s.Platform.Attached {
		if _, err := s.Platform.Files.Sweep(ctx, s.Platform.DB); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "样例数据已删除：%d 个单位、%d 条成果和需求、%d 次洽谈、%d 份合同、%d 个登记。登记簿和审计记录保留样例行，核验时仍首尾相连。\n",
		deleted["organisation"], deleted["listing"], deleted["deal"], deleted["contract"], deleted["registration"])
	return nil
}

// Welcome tells the ten accounts of the sample market; "" without it.
func Welcome(ctx context.Context, s *app.Services) string {
	if state, err := readState(ctx, s.Platform.DB); err != nil || !state.Complete {
		return ""
	}
	var b strings.Builder
	b.WriteString("样例账号（密码都是 " + sample.Password + "）：\n")
	for _, a := range []struct{ login, who string }{
		{"demo-university", "高校：发布成果，签合同，申请登记"},
		{"demo-company", "企业：发布需求，看匹配，洽谈"},
		{"demo-broker", "技术经纪人：牵线，跟进洽谈"},
		{"demo-registrar", "登记员：受理，初审"},
		{"demo-reviewer", "复核员：复核"},
		{"demo-head", "登记点负责人：登记，变更，注销"},
		{"demo-expert", "认定专家：审查大额和有争议的合同"},
		{"demo-league", "盟市科技局：审核信息，监督本盟市"},
		{"demo-region", "科技厅：确认单位，管理登记点，看全区统计"},
		{"demo-administrator", "平台管理员：运行维护"},
	} {
		fmt.Fprintf(&b, "  %-20s %s\n", a.login, a.who)
	}
	return strings.TrimRight(b.String(), "\n")
}

// reduced keeps at most limit deals and contracts of each state and what they name, and at most limit listings of each state
// beside those. Organisations, people and points stay.
func reduced(m sample.Market, limit int) sample.Market {
	taken := map[string]int{}
	kept := map[string]bool{} // keys of listings and deals
	take := func(kind, state string) bool { taken[kind+state]++; return taken[kind+state] <= limit }
	m.Deals = slices.DeleteFunc(m.Deals, func(d sample.Deal) bool { return !take("deal ", d.State) })
	for _, d := range m.Deals {
		kept[d.Key], kept[d.Achievement], kept[d.Demand] = true, true, true
	}
	m.Contracts = slices.DeleteFunc(m.Contracts, func(c sample.Contract) bool {
		return c.Deal != "" && !kept[c.Deal] || !take("contract ", c.State) && c.Deal == ""
	})
	m.Achievements = slices.DeleteFunc(m.Achievements, func(a sample.Achievement) bool {
		return !kept[a.Key] && !take("achievement ", a.State)
	})
	m.Demands = slices.DeleteFunc(m.Demands, func(d sample.Demand) bool { return !kept[d.Key] && !take("demand ", d.State) })
	return m
}
