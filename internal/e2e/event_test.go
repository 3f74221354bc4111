package e2e

import (
	"context"
	"fmt"
	"time"

	"techmarket/internal/app/apptest"
	"techmarket/internal/publish/event"
)

// event is a matchmaking of the university for which it and the company signed up; the company asked for a meeting.
func (w *world) event() (id, signup, wish string) {
	w.t.Helper()
	ctx := context.Background()
	now := w.s.Platform.Now().Truncate(time.Minute)
	begins, booking := now.AddDate(0, 0, 10), now.AddDate(0, 0, 9)
	from := now.Add(-time.Hour)
	e, err := w.s.Events.Create(ctx, w.who("member"), event.Writing{Kind: event.Matchmaking, Title: "产学研对接会", Place: "会展中心",
		Summary: "上午路演，下午一对一洽谈。", BeginsAt: begins, EndsAt: begins.Add(8 * time.Hour), SignupFrom: from, SignupUntil: begins, Capacity: 50,
		BookingFrom: &from, BookingUntil: &booking, MeetingCap: 5,
		Sessions: []event.Session{{From: begins.Add(time.Hour), Until: begins.Add(3 * time.Hour), Minutes: 20, Tables: 4}}})
	apptest.NoErr(w.t, err)
	_, err = w.s.Events.Do(ctx, w.who("member"), event.Command{Activity: e, Act: event.ActPublish})
	apptest.NoErr(w.t, err)
	own, err := w.s.Events.Ask(ctx, w.who("member"), e, event.Coming{Part: event.PartSupply, Meetings: true})
	apptest.NoErr(w.t, err)
	firm, err := w.s.Events.Ask(ctx, w.who("company"), e, event.Coming{Part: event.PartDemand, Meetings: true})
	apptest.NoErr(w.t, err)
	x, err := w.s.Events.Wish(ctx, w.who("company"), e, event.Wishing{To: own.ID, Reason: "想谈中试"})
	apptest.NoErr(w.t, err)
	return fmt.Sprint(e), fmt.Sprint(firm.ID), fmt.Sprint(x.ID)
}
