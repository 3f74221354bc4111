package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"techmarket/internal/app"
	"techmarket/internal/app/demo/sample"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/publish/policy"
	"techmarket/internal/services/register"
)

// loader drives the services through the sample market's history.
type loader struct {
	*app.Services // on the moving clock
	market        sample.Market
	clock         time.Time
	end           time.Time // the real now: nothing happens later
	limit         int       // Options.Limit
	progress      *app.Progress
	pool          *pgxpool.Pool
	story         []happening

	organisations map[string]identity.Organisation
	actors        map[string]actor.Actor
	points        map[string]point.Point
	staff         map[int64]map[string][]actor.Actor // point → role → people
	region, tax   actor.Actor
	listings      map[string]listing.Listing
	deals         map[string]int64
	contracts     map[string]*contractRun
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

func newLoader(ctx context.Context, s *app.Services, o Options, out io.Writer) (*loader, error) {
	l := &loader{end: s.Platform.Now(), limit: o.Limit, progress: app.NewProgress(out), organisations: map[string]identity.Organisation{},
		actors: map[string]actor.Actor{},
		points: map[string]point.Point{}, staff: map[int64]map[string][]actor.Actor{}, listings: map[string]listing.Listing{},
		deals: map[string]int64{}, agreed: map[string]time.Time{}, forms: map[string]int64{}, pages: map[contract.FileRole]files.Content{},
		contracts: map[string]*contractRun{}, counts: map[string]int{}}
	if l.market = sample.Generate(sample.Seed, l.end); o.Limit > 0 {
		l.market = reduced(l.market, o.Limit)
	}
	// Thousands of small transactions need not wait for the disk one by one: the last one of the load does, and a load that
	// never reached it is done again.
	config := s.Platform.DB.Pool.Config()
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	// They are few statements, run thousands of times: planning each anew takes longer than running it.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("load the sample market: %w", err)
	}
	l.pool = pool
	if l.Services, err = s.Beside(s.Platform.DB.On(pool), func() time.Time { return l.clock }, sieve{s.Queue}); err != nil {
		pool.Close()
		return nil, err
	}
	return l, nil
}

func (l *loader) close() { l.pool.Close() }

// sieve holds back what the sample market must not cause: mail, because sample accounts have no mailbox (example.com is
// reserved by RFC 2606), and an index job per change, because the whole index is filled once at the end.
type sieve struct{ app.Enqueuer }

func (q sieve) Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error {
	switch args.(type) {
	case notify.Mail, listing.IndexArgs, listing.IndexManyArgs, register.IndexArgs, policy.IndexArgs:
		return nil
	}
	return q.Enqueuer.Enqueue(ctx, tx, args, o)
}

// then adds a step to the history; nothing happens after the end.
func (l *loader) then(at time.Time, run func(ctx context.Context) error) {
	if at.After(l.end) {
		at = l.end
	}
	l.story = append(l.story, happening{at, run})
}

// load writes the whole history in the order of its time, so that ledger, audit trail and numbers run in order.
func (l *loader) load(ctx context.Context) error {
	if err := l.settle(ctx); err != nil {
		return err
	}
	l.planListings()
	l.planDeals()
	l.planContracts()
	l.planPolicies()
	l.planRegisters()
	l.planVouchers()
	l.planFinance()
	l.planEvents()
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
		l.progress.At("样例市场", i+1, len(l.story), h.at.Format("2006年1月"))
	}
	l.clock = l.end
	if err := l.sell(ctx); err != nil {
		return err
	}
	if err := l.challenge(ctx); err != nil {
		return err
	}
	if err := l.shareOut(ctx); err != nil {
		return err
	}
	if err := l.try(ctx); err != nil {
		return err
	}
	if err := l.disclose(ctx); err != nil {
		return err
	}
	if err := l.reportYears(ctx); err != nil {
		return err
	}
	return l.count(ctx)
}

// refused notes a step that the services did not allow and goes on; what is not a refusal ends the load.
func (l *loader) refused(what string, err error) error {
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
func (l *loader) tell(took time.Duration) {
	fmt.Fprintf(l.progress.Out, "样例市场已装入，用时 %d 秒：", int(took.Round(time.Second).Seconds()))
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(l.counts)) {
		if !strings.Contains(k, "/") {
			parts = append(parts, fmt.Sprintf("%s %d", k, l.counts[k]))
		}
	}
	fmt.Fprintln(l.progress.Out, strings.Join(parts, "，")+"。")
	if len(l.skipped) > 0 {
		fmt.Fprintf(l.progress.Out, "有 %d 步没有按计划完成：\n", len(l.skipped))
		for _, s := range l.skipped {
			fmt.Fprintln(l.progress.Out, "  "+s)
		}
	}
}
