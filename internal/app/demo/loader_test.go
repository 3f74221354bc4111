package demo

import (
	"io"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/clock"
)

// A listing that was begun late in the day is published later than planned; whoever wants it must wait for that too.
func TestDemo_NobodyApproachesWhatIsStillInReview(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 27, 1, 10, 0, 0, clock.Zone())
	for range 20 {
		m := sample.Generate(sample.Seed, day)
		l := &loader{market: m}
		created := map[string]time.Time{}
		for _, a := range m.Achievements {
			created[a.Key] = a.CreatedAt
		}
		for _, d := range m.Deals {
			if at, begun := l.publishedAt(d.Achievement), created[d.Achievement]; !at.After(begun.Add(toSubmit)) {
				t.Errorf("%s: %s is begun at %s and open from %s", d.Key, d.Achievement, begun, at)
			}
		}
		day = day.AddDate(0, 0, 1)
	}
}

func TestDemo_AKilledLoadIsDoneAgain(t *testing.T) {
	t.Parallel()
	p := apptest.NewPlatform(t, time.Now, io.Discard)
	s, err := app.Compose(t.Context(), p)
	apptest.NoErr(t, err)
	l, err := newLoader(t.Context(), s, Options{Limit: 1}, io.Discard)
	apptest.NoErr(t, err)
	apptest.NoErr(t, l.settle(t.Context()))
	l.close()
	state, err := readState(t.Context(), p.DB)
	apptest.NoErr(t, err)
	if state.Complete || state.Organisations == 0 {
		t.Fatalf("after a cut load: got %+v", state)
	}
	said := &apptest.Output{}
	apptest.NoErr(t, Remove(t.Context(), s, said))
	if state, err = readState(t.Context(), p.DB); err != nil || state.Organisations != 0 {
		t.Errorf("after removal: got %+v, %v", state, err)
	}
}
