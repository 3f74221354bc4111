package register_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/services/register"
)

func TestEntry_FromDraftToListFoundAndEnded(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	e := w.list(t, w.owner, "agency", agency("样例技术转移中心"))
	items, total, err := w.List(ctx, actor.Guest(), register.Filter{Kind: "agency", Facets: map[string]string{"fields": "04"}, Area: "150100"})
	must(t, err)
	if total != 1 || items[0].Name != "样例技术转移中心" || items[0].Owner != "样例大学" {
		t.Fatalf("listed: %d %+v", total, items)
	}
	if items[0].Content.Text("contactPhone") != "" {
		t.Error("a guest sees a telephone number")
	}
	if in, err := w.Read(ctx, w.outsider, e.ID); err != nil || in.Content.Text("contactPhone") == "" {
		t.Errorf("a signed-in reader misses the number: %v", err)
	}
	if w.found(t, "稀土材料对接") != 1 {
		t.Error("not found by its words")
	}
	if _, n, err := w.List(ctx, actor.Guest(), register.Filter{Kind: "agency", Facets: map[string]string{"fields": "01"}}); err != nil ||
		n != 0 {
		t.Errorf("another field: %d, %v", n, err)
	}
	if _, _, err := w.List(ctx, actor.Guest(), register.Filter{Kind: "agency", Facets: map[string]string{"about": "x"}}); !fault.Is(
		err,
		fault.Invalid,
	) {
		t.Errorf("narrowed by what is no facet: %v", err)
	}

	// What the owner changes is not public before it was examined.
	changed := agency("样例技术转移中心")
	changed.Content["keywords"] = []string{"氢能储运"}
	e, err = w.Save(ctx, w.owner, e.ID, e.Version, changed)
	must(t, err)
	must(t, w.jobs.Drain(ctx))
	if w.found(t, "氢能储运") != 0 {
		t.Error("an unexamined change is found")
	}
	e, err = w.Do(ctx, w.owner, register.Command{ID: e.ID, Event: register.EventSubmit})
	must(t, err)
	if in, err := w.Read(ctx, actor.Guest(), e.ID); err != nil || in.Content["keywords"][0] != "稀土材料" {
		t.Errorf("while it is examined: %+v, %v", in.Content, err)
	}
	e, err = w.Do(ctx, w.hohhot, register.Command{ID: e.ID, Event: register.EventList})
	must(t, err)
	must(t, w.jobs.Drain(ctx))
	if w.found(t, "氢能储运") != 1 {
		t.Error("an examined change is not found")
	}

	// After its last day nobody sees it, before the clock came round; the clock ends it then.
	w.now = e.ValidTo.AddDate(0, 0, 1).Add(time.Hour)
	if _, err := w.Read(ctx, actor.Guest(), e.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("after its time: %v", err)
	}
	if n, err := w.Tick(ctx); err != nil || n != 1 {
		t.Errorf("the clock: %d, %v", n, err)
	}
	v, err := w.Mine(ctx, w.owner, e.ID)
	must(t, err)
	if v.State != register.Lapsed || len(v.History) < 6 || len(v.Origins) != 1 {
		t.Errorf("state %s, %d steps, origins %+v", v.State, len(v.History), v.Origins)
	}
	if _, err := w.db.Exec(ctx, `update register_event set reason = 'x'`); err == nil {
		t.Error("the history was rewritten")
	}
}

func TestConsent_WithdrawnTakesTheCardOffAtOnceAndLeavesTheCount(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	e := w.list(t, w.person, "expert", expert("样例专家甲"))
	if _, err := w.Read(ctx, actor.Guest(), e.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("shown without consent: %v", err)
	}
	if _, err := w.Do(ctx, w.owner, register.Command{ID: e.ID, Event: register.EventConsent}); !fault.HasCode(err, "wrong_role") {
		t.Errorf("a colleague consented for him: %v", err)
	}
	_, err := w.Do(ctx, w.person, register.Command{ID: e.ID, Event: register.EventConsent, Until: "2026-12-31"})
	must(t, err)
	must(t, w.jobs.Drain(ctx))
	got, err := w.Read(ctx, w.outsider, e.ID)
	must(t, err)
	if got.Content.Text("phone") != "" || got.Content.Text("units") != "" || w.found(t, "稀土永磁") != 1 {
		t.Errorf("shown: %+v", got.Content)
	}
	_, err = w.Do(ctx, w.person, register.Command{ID: e.ID, Event: register.EventRevoke})
	must(t, err)
	if w.found(t, "稀土永磁") != 0 { // before any job ran
		t.Error("still found")
	}
	if _, err := w.Read(ctx, w.outsider, e.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("still shown: %v", err)
	}
	must(t, w.jobs.Drain(ctx))
	all, _, err := w.Figures(ctx, "expert", false, w.Today())
	must(t, err)
	if len(all) != 1 || all[0].N != 1 || all[0].League != "150100" {
		t.Errorf("counted: %+v", all)
	}
}

func TestScope_OutOfItIsNotFoundAndOwnIsNotExamined(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	e, err := w.Create(ctx, w.owner, "agency", agency("样例中心"))
	must(t, err)
	_, err = w.Do(ctx, w.owner, register.Command{ID: e.ID, Event: register.EventSubmit})
	must(t, err)
	for name, c := range map[string]struct {
		who  actor.Actor
		want fault.Kind
	}{"another league": {w.baotou, fault.NotFound}, "another organisation": {w.outsider, fault.NotFound},
		"the owner": {w.owner, fault.Forbidden},
		"a guest":   {actor.Guest(), fault.Unauthorized}} {
		if _, err := w.Do(ctx, c.who, register.Command{ID: e.ID, Event: register.EventList}); fault.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.Mine(ctx, c.who, e.ID); c.want == fault.NotFound && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads it: %v", name, err)
		}
	}
	desk, err := w.Desk(ctx, w.baotou, register.Filter{})
	if err != nil || len(desk) != 0 {
		t.Errorf("another league's desk: %+v, %v", desk, err)
	}
	if desk, err = w.Desk(ctx, w.hohhot, register.Filter{State: register.Submitted}); err != nil || len(desk) != 1 {
		t.Errorf("the league's desk: %+v, %v", desk, err)
	}
	// An office examines nothing of its own.
	mine, err := w.Create(ctx, w.own, "agency", agency("样例局属中心"))
	must(t, err)
	_, err = w.Do(ctx, w.own, register.Command{ID: mine.ID, Event: register.EventSubmit})
	must(t, err)
	if _, err := w.Do(ctx, w.hohhot, register.Command{ID: mine.ID, Event: register.EventList}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("examined by its own office: %v", err)
	}
}

// A grade that ended on 06-30 counts on 06-30, not on 07-01 (docs/rules/registers.md §4).
func TestGrades_AreDatedRows(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	e := w.list(t, w.owner, "agency", agency("样例中心"))
	day := func(s string) time.Time { d, err := time.Parse(time.DateOnly, s); must(t, err); return d }
	grade := register.Grade{Kind: register.Level, Level: "backbone", Issuer: "样例科技厅", Number: "样例〔2025〕1号", FromOn: day("2025-01-01")}
	if _, err := w.Do(ctx, w.owner, register.Command{ID: e.ID, Event: register.EventGrade, Grade: grade}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the owner graded itself: %v", err)
	}
	_, err := w.Do(ctx, w.region, register.Command{ID: e.ID, Event: register.EventGrade, Grade: grade})
	must(t, err)
	wrong := grade
	wrong.Level = "galactic"
	if _, err := w.Do(ctx, w.region, register.Command{ID: e.ID, Event: register.EventGrade, Grade: wrong}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown level: %v", err)
	}
	v, err := w.Mine(ctx, w.region, e.ID)
	must(t, err)
	_, err = w.Do(
		ctx,
		w.region,
		register.Command{ID: e.ID, Event: register.EventEndGrade, GradeID: v.Grades[0].ID, Until: "2025-06-30", Reason: "复核不再保留"},
	)
	must(t, err)
	for on, want := range map[string]int{"2024-12-31": 0, "2025-01-01": 1, "2025-06-30": 1, "2025-07-01": 0} {
		_, levels, err := w.Figures(ctx, "agency", false, day(on))
		must(t, err)
		if len(levels) != want {
			t.Errorf("on %s: %+v", on, levels)
		}
	}
	for _, year := range []string{"2024", "2025"} {
		_, err := w.Do(
			ctx,
			w.region,
			register.Command{ID: e.ID, Event: register.EventGrade, Grade: register.Grade{Kind: register.Mark, Level: "fail",
				Issuer: "样例科技厅", FromOn: day(year + "-12-31")}},
		)
		must(t, err)
	}
	if v, err = w.Mine(ctx, w.region, e.ID); err != nil || !v.Failed || v.State != register.Listed {
		t.Errorf("two failing years ask, and decide nothing: %+v, %v", v.Failed, err)
	}
}

// The same serial number from two lists is one entry, however it is written (docs/rules/registers.md §5).
func TestInstrument_TwiceUnderTwoSpellingsIsOne(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	in := register.Input{
		Name: "透射电子显微镜",
		Content: register.Content{"class": {"analysis"}, "keywords": {"形貌"}, "maker": {"ＪＥＯＬ"}, "model": {"2100"},
			"serial": {"EM 123-45"}, "value": {"300000000"}, "price": {"面议"}, "contactName": {"样例"}, "contactPhone": {"0471-1234567"}},
	}
	_, err := w.Create(ctx, w.owner, "instrument", in)
	must(t, err)
	in.Name, in.Content["maker"], in.Content["serial"] = "透射电镜", []string{"jeol"}, []string{"em12345"}
	if _, err := w.Create(ctx, w.outsider, "instrument", in); !fault.HasCode(err, "register_same") {
		t.Errorf("registered twice: %v", err)
	}
}

func TestInput_NamesTheFieldAndTheMend(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	in := agency("")
	in.Content["staff"], in.Content["hostKind"], in.Content["contactPhone"] = []string{"很多"}, []string{"x"}, []string{"1"}
	in.Division = "999999"
	_, err := w.Create(ctx, w.owner, "agency", in)
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	e, err := w.Create(ctx, w.owner, "agency", register.Input{Name: "样例中心"})
	must(t, err)
	if _, err := w.Do(ctx, w.owner, register.Command{ID: e.ID, Event: register.EventSubmit}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an empty one was submitted: %v", err)
	}
	if _, err := w.Save(ctx, w.owner, e.ID, e.Version+1, agency("样例中心")); !fault.HasCode(err, "stale_version") {
		t.Errorf("over another's change: %v", err)
	}
	if _, err := w.Create(ctx, w.hohhot, "agency", agency("样例")); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an officer owns entries: %v", err)
	}
}

func TestExport_IsReadAgain(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	w.list(t, w.owner, "agency", agency("样例中心"))
	sheet, err := w.Export(ctx, actor.Guest(), register.Filter{Kind: "agency"})
	must(t, err)
	var b bytes.Buffer
	must(t, document.WriteCSV(&b, sheet))
	text := b.String()
	if !strings.Contains(text, "样例中心") || !strings.Contains(text, "稀土材料、磁材") || strings.Contains(text, "1234567") {
		t.Errorf("exported %s", text)
	}
}
