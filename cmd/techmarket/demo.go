package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"techmarket/cmd/techmarket/sample"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// runDemo loads or removes the sample market.
func runDemo(ctx context.Context, env *environment, args []string) error {
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
	return withServices(ctx, env, func(s *services) error {
		if flags.Arg(0) == "remove" {
			return s.removeDemo(ctx, env.Stdout)
		}
		loaded, err := s.loadDemo(ctx, demoOptions{}, env.Stdout)
		if err != nil {
			return err
		}
		if !loaded {
			fmt.Fprintln(env.Stdout, "样例市场已经装入，没有改动。要重新装入，请先运行 techmarket demo remove。")
			return nil
		}
		fmt.Fprintln(env.Stdout, s.welcome(ctx))
		return nil
	})
}

// withServices opens the platform beside a running market or alone, makes the services, runs f and closes.
func withServices(ctx context.Context, env *environment, f func(*services) error) error {
	c, err := loadConfig(env)
	if err != nil {
		return err
	}
	p, err := openPlatform(ctx, env, c, true)
	if err != nil {
		return err
	}
	s, err := compose(ctx, p)
	if err == nil {
		err = f(s)
	}
	return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
}

// demoOptions narrows what is loaded; the zero value loads everything.
type demoOptions struct {
	Limit int // at most so many achievements, demands, deals and contracts of each state; 0: all
}

// The marks of a complete load in the audit trail: a load that was killed has no mark and is done again from the start.
const (
	demoLoaded  = "demo.load"
	demoRemoved = "demo.remove"
)

// firstDemo loads the sample market into a database without real organisations, for the first start; elsewhere it does nothing.
func (s *services) firstDemo(ctx context.Context) error {
	state, err := readDemoState(ctx, s.platform.DB)
	if err != nil || state.Complete || state.RealOrganisations > 0 {
		return err
	}
	fmt.Fprintln(s.platform.out, "第一次启动：装入样例市场，请稍候。")
	_, err = s.loadDemo(ctx, demoOptions{}, s.platform.out)
	return err
}

// loadDemo fills the market with the sample by driving the services along a moving clock, so that every history, number,
// certificate and message is what the product makes. It reports false where the sample is already there; what a killed
// load left is removed first. Fault: conflict "demo_real_data" where real points or contracts exist, because sample
// certificates must not take numbers of a working register.
func (s *services) loadDemo(ctx context.Context, o demoOptions, out io.Writer) (bool, error) {
	state, err := readDemoState(ctx, s.platform.DB)
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
		if err := s.removeDemo(ctx, out); err != nil {
			return false, err
		}
	}
	started := time.Now()
	l, err := newDemoLoader(ctx, s, o, out)
	if err != nil {
		return false, err
	}
	defer l.close()
	if err := l.load(ctx); err != nil {
		return false, fmt.Errorf("load the sample market: %w", err)
	}
	if err := s.reindex(ctx); err != nil {
		return false, err
	}
	// The mark commits durably, and with it everything before.
	err = s.platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := quietDemo(ctx, tx, l.end); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.platform.now(), Action: demoLoaded, ObjectKind: "demo", ObjectID: fmt.Sprint(sample.Seed), Detail: l.counts})
	})
	if err != nil {
		return false, err
	}
	l.tell(time.Since(started))
	return true, nil
}

// removeDemo deletes everything that is_sample marks in one transaction, then from the search index. Rows of the ledger and
// of the audit trail stay: they are chained.
func (s *services) removeDemo(ctx context.Context, out io.Writer) error {
	var deleted map[string]int64
	err := s.platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if deleted, err = deleteDemo(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.platform.now(), Action: demoRemoved, ObjectKind: "demo", ObjectID: fmt.Sprint(sample.Seed), Detail: deleted})
	})
	if err != nil {
		return fmt.Errorf("remove the sample market: %w", err)
	}
	if err := s.reindex(ctx); err != nil {
		return err
	}
	if !s.platform.Attached {
		if _, err := s.platform.Files.Sweep(ctx, s.platform.DB); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "样例数据已删除：%d 个单位、%d 条成果和需求、%d 次洽谈、%d 份合同、%d 个登记。登记簿和审计记录保留样例行，核验时仍首尾相连。\n",
		deleted["organisation"], deleted["listing"], deleted["deal"], deleted["contract"], deleted["registration"])
	return nil
}

// reindex fills the index anew: at once where it is ours, by the running market where it belongs to that.
func (s *services) reindex(ctx context.Context) error {
	if !s.platform.Attached {
		return s.rebuild(ctx)
	}
	return s.platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.queue.Enqueue(ctx, tx, rebuildArgs{}, jobs.Options{})
	})
}

// welcome tells the ten accounts of the sample market; "" without it.
func (s *services) welcome(ctx context.Context) string {
	if state, err := readDemoState(ctx, s.platform.DB); err != nil || !state.Complete {
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

// demoLoader drives the services through the sample market's history.
type demoLoader struct {
	*services // on the moving clock
	market    sample.Market
	clock     time.Time
	end       time.Time // the real now: nothing happens later
	progress  *progress
	pool      *pgxpool.Pool
	story     []happening

	organisations map[string]identity.Organisation
	actors        map[string]actor.Actor
	points        map[string]registry.Point
	staff         map[int64]map[string][]actor.Actor // point → role → people
	region, tax   actor.Actor
	listings      map[string]listing.Listing
	deals         map[string]int64
	contracts     map[string]*demoContract
	agreed        map[string]time.Time // deal → when its terms were agreed
	papers        *paperMill
	fonts         *document.Fonts
	pages         map[contract.FileRole]files.Content // of the papers beside the text
	forms         map[string]int64                    // organisation and kind of paper → file

	counts  map[string]int
	skipped []string
}

// happening is one step of the sample market's history.
type happening struct {
	at  time.Time
	run func(ctx context.Context) error
}

func newDemoLoader(ctx context.Context, s *services, o demoOptions, out io.Writer) (*demoLoader, error) {
	l := &demoLoader{end: s.platform.now(), progress: newProgress(out), organisations: map[string]identity.Organisation{}, actors: map[string]actor.Actor{},
		points: map[string]registry.Point{}, staff: map[int64]map[string][]actor.Actor{}, listings: map[string]listing.Listing{},
		deals: map[string]int64{}, agreed: map[string]time.Time{}, forms: map[string]int64{}, pages: map[contract.FileRole]files.Content{}, contracts: map[string]*demoContract{}, counts: map[string]int{}}
	if l.market = sample.Generate(sample.Seed, l.end); o.Limit > 0 {
		l.market = reduced(l.market, o.Limit)
	}
	p := *s.platform
	p.closers = nil
	p.now = func() time.Time { return l.clock }
	// Thousands of small transactions need not wait for the disk one by one: the last one of the load does, and a load that
	// never reached it is done again.
	config := p.DB.Pool.Config()
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("load the sample market: %w", err)
	}
	l.pool, p.DB = pool, &postgres.DB{Pool: pool}
	if p.Files, err = files.New(filepath.Join(p.config.Data, "files"), p.now); err == nil {
		l.services = &services{platform: &p, queue: s.queue, enqueue: sieve{s.queue}, workers: s.workers, engine: s.engine, analyzer: s.analyzer}
		err = l.services.build()
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return l, nil
}

func (l *demoLoader) close() { l.pool.Close() }

// sieve holds back what the sample market must not cause: mail, because sample accounts have no mailbox (example.com is
// reserved by RFC 2606), and an index job per change, because the whole index is filled once at the end.
type sieve struct{ enqueuer }

func (q sieve) Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error {
	switch args.(type) {
	case notify.Mail, listing.IndexArgs, listing.IndexManyArgs:
		return nil
	}
	return q.enqueuer.Enqueue(ctx, tx, args, o)
}

// then adds a step to the history; nothing happens after the end.
func (l *demoLoader) then(at time.Time, run func(ctx context.Context) error) {
	if at.After(l.end) {
		at = l.end
	}
	l.story = append(l.story, happening{at, run})
}

// load writes the whole history in the order of its time, so that ledger, audit trail and numbers run in order.
func (l *demoLoader) load(ctx context.Context) error {
	if err := l.settle(ctx); err != nil {
		return err
	}
	l.planListings()
	l.planDeals()
	l.planContracts()
	papers, err := l.print(ctx)
	if err != nil {
		return err
	}
	defer papers.stop()
	slices.SortStableFunc(l.story, func(a, b happening) int { return a.at.Compare(b.at) })
	for i, h := range l.story {
		l.clock = h.at
		if err := h.run(ctx); err != nil {
			return fmt.Errorf("at %s: %w", h.at.Format(time.DateTime), err)
		}
		l.progress.at("样例市场", i+1, len(l.story), h.at.Format("2006年1月"))
	}
	l.clock = l.end
	return l.count(ctx)
}

// refused notes a step that the services did not allow and goes on; what is not a refusal ends the load.
func (l *demoLoader) refused(what string, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return err
	}
	var fields []string
	for _, field := range f.Fields {
		fields = append(fields, field.Path+" "+field.Message)
	}
	l.skipped = append(l.skipped, fmt.Sprintf("%s：%s %s %s", what, f.Code, f.Message, strings.Join(fields, "；")))
	return nil
}

// tell prints what was loaded.
func (l *demoLoader) tell(took time.Duration) {
	fmt.Fprintf(l.progress.out, "样例市场已装入，用时 %d 秒：", int(took.Round(time.Second).Seconds()))
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(l.counts)) {
		if !strings.Contains(k, "/") {
			parts = append(parts, fmt.Sprintf("%s %d", k, l.counts[k]))
		}
	}
	fmt.Fprintln(l.progress.out, strings.Join(parts, "，")+"。")
	if len(l.skipped) > 0 {
		fmt.Fprintf(l.progress.out, "有 %d 步没有按计划完成：\n", len(l.skipped))
		for _, s := range l.skipped {
			fmt.Fprintln(l.progress.out, "  "+s)
		}
	}
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
	m.Achievements = slices.DeleteFunc(m.Achievements, func(a sample.Achievement) bool { return !kept[a.Key] && !take("achievement ", a.State) })
	m.Demands = slices.DeleteFunc(m.Demands, func(d sample.Demand) bool { return !kept[d.Key] && !take("demand ", d.State) })
	return m
}
