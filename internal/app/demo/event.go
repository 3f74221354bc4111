package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/publish/event"
	"techmarket/internal/trade/deal"
)

// eventSample is a sample event: days from the end at which it is, and how far its people go.
type eventSample struct {
	kind     event.Kind
	title    string
	host     string // login of one who acts for it
	days     int    // from the end of the sample's history to its day
	capacity int
	people   int
	byHost   bool
	meetings bool
	secrecy  string
}

func eventSamples() []eventSample {
	return []eventSample{
		{event.Roadshow, "样例稀土新材料成果路演", "demo-league", 12, 8, 11, false, true, "样例：路演资料请勿拍照、录音"},
		{event.Matchmaking, "样例产学研对接会", "demo-region", 1, 40, 14, false, true, ""},
		{event.Matchmaking, "样例绿色农畜产品对接会", "demo-region", -34, 40, 16, false, true, ""},
		{event.Training, "样例技术合同登记培训", "demo-university", 9, 30, 5, true, false, ""},
		{event.ChallengeDay, "样例揭榜日", "demo-league", -215, 20, 8, false, false, ""},
	}
}

// planEvents holds events through the same commands as people: one with a waiting list, one with placed meetings, one whose results are
// followed, one whose host admits, and one that is archived.
func (l *loader) planEvents() {
	people := l.guests()
	if len(people) < 4 {
		return
	}
	samples := eventSamples()
	if l.limit > 0 {
		samples = samples[:min(len(samples), 3)]
	}
	for _, s := range samples {
		host := l.signedIn(s.host)
		if !event.MayHost(host) {
			host = l.region
		}
		(&eventRun{loader: l, eventSample: s, host: host, people: people[:min(len(people), s.people)]}).plan()
	}
}

// guests are one person of each unit, the people of the sample's own accounts first.
func (l *loader) guests() (out []actor.Actor) {
	seen := map[int64]bool{}
	sides := [2][]actor.Actor{{l.signedIn("demo-company")}, {l.signedIn("demo-university")}}
	sides[0] = append(sides[0], l.ownersOf([]actor.OrgKind{actor.Enterprise})...)
	sides[1] = append(sides[1], l.ownersOf([]actor.OrgKind{actor.University, actor.Institute})...)
	for i := range max(len(sides[0]), len(sides[1])) {
		for _, side := range sides { // a firm, a university, a firm …
			if i < len(side) && side[i].Member() && !seen[side[i].OrgID] {
				seen[side[i].OrgID] = true
				out = append(out, side[i])
			}
		}
	}
	return out
}

// eventRun is one event on its way.
type eventRun struct {
	*loader
	eventSample
	host    actor.Actor
	people  []actor.Actor
	id      int64
	signups []event.Signup
	wishes  []event.Wish
}

// day is the morning of the event: nine o'clock here.
func (r *eventRun) morning() time.Time { return clock.Date(r.end.AddDate(0, 0, r.days)).Add(time.Hour) }

func (r *eventRun) plan() {
	begins := r.morning()
	step := func(at time.Time, what string, run func(ctx context.Context) error) {
		if at.After(r.end) {
			return
		}
		r.then(at, func(ctx context.Context) error {
			if r.id == 0 && what != "新建" {
				return nil
			}
			if err := run(ctx); err != nil {
				return r.refused("活动"+what, err)
			}
			return nil
		})
	}
	// What is still to come has begun to be prepared lately.
	announced := begins.AddDate(0, 0, -26)
	if latest := r.end.AddDate(0, 0, -6); announced.After(latest) {
		announced = latest
	}
	announced = announced.Truncate(time.Hour)
	step(announced, "新建", func(ctx context.Context) (err error) {
		if r.id, err = r.Services.Events.Create(ctx, r.host, r.writing(announced)); err != nil {
			return err
		}
		r.counts["活动"]++
		_, err = r.Services.Events.Do(ctx, r.host, event.Command{Activity: r.id, Act: event.ActPublish})
		return err
	})
	for n := range r.people {
		step(announced.Add(time.Duration(n+2)*time.Hour), "报名", func(ctx context.Context) error { return r.ask(ctx, n) })
	}
	if r.meetings {
		step(announced.Add(50*time.Hour), "约见", r.wish)
		step(announced.Add(75*time.Hour), "答复约见", r.answer)
	}
	if r.days <= 1 {
		step(min2(begins.Add(-2*time.Hour), r.end.Add(-time.Hour)), "安排洽谈", r.tick)
	}
	if r.days >= 0 {
		return
	}
	step(begins, "开始", r.tick)
	step(begins.Add(time.Minute), "开始", r.tick)
	step(begins.Add(5*time.Minute), "签到", r.arrive)
	step(begins.Add(9*time.Hour), "结束", func(ctx context.Context) error {
		_, err := r.Services.Events.Do(ctx, r.host, event.Command{Activity: r.id, Act: event.ActFinish})
		return err
	})
	step(begins.AddDate(0, 0, 2), "结果", r.tell)
	step(begins.AddDate(0, 0, 9), "后续事项", r.follow)
	step(begins.AddDate(0, 0, 31), "成效", r.tick)
	step(begins.AddDate(0, 0, 182), "归档", r.tick)
}

func min2(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (r *eventRun) writing(announced time.Time) event.Writing {
	begins := r.morning()
	w := event.Writing{Kind: r.kind, Title: r.title, Place: "样例会展中心二层报告厅", Audience: "高校院所、企业、技术经纪人、投资机构",
		Summary: "样例活动：上午介绍成果和需求，下午一对一洽谈。请带上本单位的成果或需求，报名时选好，约见的人看得到。",
		Secrecy: r.secrecy, Languages: "汉语，有蒙古语翻译", BeginsAt: begins, EndsAt: begins.Add(8*time.Hour + 30*time.Minute),
		SignupFrom: announced, SignupUntil: begins, Capacity: r.capacity, ByHost: r.byHost,
		Items: []event.Item{{BeginsAt: begins, Title: "签到和开场"}, {BeginsAt: begins.Add(30 * time.Minute), Title: "政策介绍", Speaker: "样例讲者"},
			{BeginsAt: begins.Add(time.Hour), Title: "项目介绍"}}}
	if r.meetings {
		from, until := announced, begins.Add(-24*time.Hour)
		if r.days == 1 {
			until = r.end.Add(-90 * time.Minute).Truncate(time.Hour) // just over: the meetings are placed
		}
		w.BookingFrom, w.BookingUntil, w.MeetingCap = &from, &until, 6
		w.Sessions = []event.Session{{From: begins.Add(5 * time.Hour), Until: begins.Add(7 * time.Hour), Minutes: 20, Tables: 6}}
		w.Items = append(w.Items, event.Item{BeginsAt: begins.Add(5 * time.Hour), Title: "一对一洽谈"})
	}
	return w
}

func (r *eventRun) ask(ctx context.Context, n int) error {
	who := r.people[n]
	in := event.Coming{Part: event.PartDemand, Meetings: r.meetings, Note: "样例：想找能做中试的团队"}
	if who.OrgKind != actor.Enterprise {
		in.Part, in.Note = event.PartSupply, "样例：带来可以转化的成果"
	}
	var own []int64
	for _, key := range keysOf(r.listings) {
		if l := r.listings[key]; l.OrganisationID == who.OrgID && len(own) < 20 {
			own = append(own, l.ID)
		}
	}
	shown, err := r.Services.Events.Listed(ctx, own)
	if err != nil {
		return err
	}
	for _, id := range own {
		if _, ok := shown[id]; ok && len(in.Listings) < 2 {
			in.Listings = append(in.Listings, id)
		}
	}
	s, err := r.Services.Events.Ask(ctx, who, r.id, in)
	if err == nil {
		r.signups = append(r.signups, s)
	}
	return err
}

func keysOf[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// person is who stands behind a sign-up.
func (r *eventRun) person(signup int64) actor.Actor {
	for _, s := range r.signups {
		if s.ID != signup {
			continue
		}
		for _, p := range r.people {
			if p.AccountID == s.Account {
				return p
			}
		}
	}
	return actor.Actor{}
}

// wish lets each seated person ask three of the other side.
func (r *eventRun) wish(ctx context.Context) error {
	for i, from := range r.signups {
		asked := 0
		for k := range r.signups {
			to := r.signups[(i+1+k)%len(r.signups)]
			if asked == 3 || to.Part == from.Part || from.State != event.SignAdmitted || to.State != event.SignAdmitted {
				continue
			}
			w, err := r.Services.Events.Wish(ctx, r.person(from.ID), r.id, event.Wishing{To: to.ID, Reason: "样例：想谈成果的中试和价格"})
			if err != nil {
				continue // the other asked already
			}
			asked++
			r.wishes = append(r.wishes, w)
		}
	}
	return nil
}

// answer accepts most wishes; a few are declined, or left open where booking goes on.
func (r *eventRun) answer(ctx context.Context) error {
	for i, w := range r.wishes {
		c := event.MeetCommand{Activity: r.id, Wish: w.ID, Act: event.ActAccept}
		switch {
		case i%7 == 6:
			c.Act, c.Reason = event.ActDecline, "样例：方向不合适"
		case i%5 == 4 && r.days > 1:
			continue
		}
		if _, err := r.Services.Events.Meet(ctx, r.person(w.To), c); err != nil {
			return err
		}
	}
	return nil
}

func (r *eventRun) tick(ctx context.Context) error {
	_, err := r.Services.Events.Tick(ctx)
	return err
}

// arrive lets all but two in, and one who had not signed up.
func (r *eventRun) arrive(ctx context.Context) error {
	for i, s := range r.signups {
		if i%8 == 5 {
			continue
		}
		if _, err := r.Services.Events.Seat(ctx, r.host, event.SeatCommand{Activity: r.id, Signup: s.ID, Act: event.ActCheckIn}); err != nil {
			return err
		}
	}
	_, err := r.Services.Events.WalkIn(ctx, r.host, r.id, event.Walking{Name: "样例来宾", Unit: "样例个人", Phone: "13900000000"})
	return err
}

// tell keeps what came of the meetings; who was asked tells of most, the first also what the asker says.
func (r *eventRun) tell(ctx context.Context) error {
	results := []event.Result{event.ResultAgain, event.ResultNone, event.ResultIntent, event.ResultPapers, event.ResultNone}
	d, err := r.Services.Events.Desk(ctx, r.host, r.id)
	if err != nil {
		return err
	}
	for i, w := range d.Wishes {
		if w.State != event.WishBooked || i%6 == 5 {
			continue
		}
		in := event.Telling{Wish: w.ID, Result: results[i%len(results)], Note: "样例：对方介绍了进展"}
		if err := r.Services.Events.Tell(ctx, r.person(w.To), r.id, in); err != nil {
			return err
		}
	}
	return nil
}

// follow does the tasks of one in three, moves one and makes one an interest of the market.
func (r *eventRun) follow(ctx context.Context) error {
	d, err := r.Services.Events.Desk(ctx, r.host, r.id)
	if err != nil {
		return err
	}
	opened := false
	for i, k := range d.Tasks {
		who := r.person(k.Signup)
		c := event.TaskCommand{Activity: r.id, Task: k.ID, Act: event.ActDone, Reason: "样例：已经见面"}
		switch {
		case i%3 == 1:
			c = event.TaskCommand{Activity: r.id, Task: k.ID, Act: event.ActMove, Reason: "样例：等检测报告", DueOn: r.day(20)}
		case i%3 == 2 && opened:
			continue // runs over its day
		}
		if !opened {
			if a, ok := r.approach(d.Person(k.With)); ok {
				if _, err := r.Services.Events.Interest(ctx, who, r.id, k.ID, a); err != nil {
					if err := r.refused("活动对接", err); err != nil {
						return err
					}
				}
				opened = true
			}
		}
		if _, err := r.Services.Events.DoTask(ctx, who, c); err != nil {
			return fmt.Errorf("task %d: %w", k.ID, err)
		}
	}
	return nil
}

// approach names what the other one brought.
func (r *eventRun) approach(other event.Signup) (deal.Approach, bool) {
	if len(other.Listings) == 0 {
		return deal.Approach{}, false
	}
	if other.Part == event.PartSupply {
		return deal.Approach{SupplyListing: other.Listings[0]}, true
	}
	return deal.Approach{DemandListing: other.Listings[0]}, true
}
