package event

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
)

// Kind is what an event is.
type Kind string

// The kinds.
const (
	Roadshow     Kind = "roadshow"
	Matchmaking  Kind = "matchmaking"
	ChallengeDay Kind = "challenge_day"
	Training     Kind = "training"
	Other        Kind = "other"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Roadshow, Matchmaking, ChallengeDay, Training, Other} }

// Part is what a person comes as.
type Part string

// The parts.
const (
	PartSupply  Part = "supply"
	PartDemand  Part = "demand"
	PartFinance Part = "finance"
	PartService Part = "service"
	PartOther   Part = "other"
)

// Parts lists them.
func Parts() []Part { return []Part{PartSupply, PartDemand, PartFinance, PartService, PartOther} }

// Activity is a stored event.
type Activity struct {
	ID           int64      `json:"id"`
	Kind         Kind       `json:"kind"`
	Title        string     `json:"title"`
	HostOrg      int64      `json:"hostOrgId"`
	HostAccount  int64      `json:"-"`
	Division     string     `json:"division"`
	Place        string     `json:"place"`
	Link         string     `json:"-"` // those admitted see it
	Summary      string     `json:"summary"`
	Audience     string     `json:"audience"`
	Secrecy      string     `json:"secrecy"`
	Languages    string     `json:"languages"`
	BeginsAt     time.Time  `json:"beginsAt"`
	EndsAt       time.Time  `json:"endsAt"`
	SignupFrom   time.Time  `json:"signupOpensAt"`
	SignupUntil  time.Time  `json:"signupClosesAt"`
	Capacity     int        `json:"capacity"`
	Admitted     int        `json:"admitted"`
	ByHost       bool       `json:"byHost" doc:"由主办单位逐个确认；否则按报名先后"`
	BookingFrom  *time.Time `json:"bookingOpensAt"`
	BookingUntil *time.Time `json:"bookingClosesAt"`
	MeetingCap   int        `json:"meetingCap"`
	SameSide     bool       `json:"sameSide"`
	State        Stage      `json:"state"`
	Reason       string     `json:"reason"`
	PlacedAt     *time.Time `json:"placedAt"`
	FinishedAt   *time.Time `json:"finishedAt"`
	Version      int        `json:"version"`
	Sample       bool       `json:"sample"`
	CreatedAt    time.Time  `json:"createdAt"`
	UpdatedAt    time.Time  `json:"updatedAt"`
}

// Full reports whether every seat is taken: who asks then waits.
func (a Activity) Full() bool { return a.Admitted >= a.Capacity }

// Meets reports whether the event has 1:1 meetings.
func (a Activity) Meets() bool { return a.BookingFrom != nil }

// Booking reports whether meetings are asked for and answered at a moment.
func (a Activity) Booking(now time.Time) bool {
	return a.Meets() && (a.State == Open || a.State == Closed) && !now.Before(*a.BookingFrom) && now.Before(*a.BookingUntil)
}

// Signing reports whether people sign up at a moment.
func (a Activity) Signing(now time.Time) bool {
	return a.State == Open && !now.Before(a.SignupFrom) && now.Before(a.SignupUntil)
}

// Item is a line of the programme.
type Item struct {
	BeginsAt time.Time `json:"beginsAt"`
	Title    string    `json:"title"`
	Speaker  string    `json:"speaker,omitempty"`
	Listing  int64     `json:"listingId,omitempty" doc:"路演的成果或需求"`
}

// Sitting is a slot of meetings.
type Sitting struct {
	ID       int64     `json:"id"`
	BeginsAt time.Time `json:"beginsAt"`
	EndsAt   time.Time `json:"endsAt"`
	Tables   int       `json:"tables"`
}

// Session is a morning or an afternoon of slots of one length.
type Session struct {
	From    time.Time `json:"beginsAt"`
	Until   time.Time `json:"endsAt"`
	Minutes int       `json:"minutes" enum:"15,20,30"`
	Tables  int       `json:"tables" minimum:"1" maximum:"500"`
}

// Writing is what a host writes of an event.
type Writing struct {
	Kind         Kind       `json:"kind" required:"true"`
	Title        string     `json:"title" required:"true"`
	Place        string     `json:"place,omitempty"`
	Link         string     `json:"link,omitempty" doc:"线上活动的入口，报名确认的人才看得到"`
	Summary      string     `json:"summary" required:"true"`
	Audience     string     `json:"audience,omitempty"`
	Secrecy      string     `json:"secrecy,omitempty"`
	Languages    string     `json:"languages,omitempty"`
	BeginsAt     time.Time  `json:"beginsAt" required:"true"`
	EndsAt       time.Time  `json:"endsAt" required:"true"`
	SignupFrom   time.Time  `json:"signupOpensAt" required:"true"`
	SignupUntil  time.Time  `json:"signupClosesAt" required:"true"`
	Capacity     int        `json:"capacity" required:"true"`
	ByHost       bool       `json:"byHost,omitempty"`
	BookingFrom  *time.Time `json:"bookingOpensAt,omitempty"`
	BookingUntil *time.Time `json:"bookingClosesAt,omitempty"`
	MeetingCap   int        `json:"meetingCap,omitempty"`
	SameSide     bool       `json:"sameSide,omitempty"`
	Items        []Item     `json:"items,omitempty" maxItems:"60"`
	Sessions     []Session  `json:"sessions,omitempty" maxItems:"6" doc:"一对一洽谈的场次；发布后不能改"`
}

// Bounds of an event.
const (
	maxTitle    = 100
	maxText     = 2000
	maxLine     = 200
	maxItems    = 60
	maxSessions = 6
	maxSlots    = 200
	maxCapacity = 5000
	maxDays     = 31
)

func count(s string) int { return len([]rune(s)) }

// check refuses what cannot be held. Times are compared as they are; days are not.
func (w *Writing) check(f *fault.Fields) {
	for _, text := range []*string{&w.Title, &w.Place, &w.Link, &w.Summary, &w.Audience, &w.Secrecy, &w.Languages} {
		*text = strings.TrimSpace(*text)
	}
	f.Check(slices.Contains(Kinds(), w.Kind), "kind", "choose", "请选择活动类型")
	f.Checkf(count(w.Title) >= 4 && count(w.Title) <= maxTitle, "title", "length", "请填写活动名称（4—%d 字）", maxTitle)
	f.Checkf(count(w.Summary) >= 10 && count(w.Summary) <= maxText, "summary", "length", "请说明活动内容（10—%d 字）", maxText)
	f.Check(w.Place != "" || w.Link != "", "place", "required", "请填写地点；线上活动填写入口链接")
	f.Checkf(count(w.Place) <= maxLine, "place", "length", "地点最多 %d 字", maxLine)
	f.Check(w.Link == "" || strings.HasPrefix(w.Link, "https://") && count(w.Link) <= maxLine && !strings.ContainsAny(w.Link, " \""), "link",
		"link", "请填写 https:// 开头的链接")
	f.Checkf(count(w.Audience) <= maxLine, "audience", "length", "参加对象最多 %d 字", maxLine)
	f.Checkf(count(w.Secrecy) <= maxText, "secrecy", "length", "保密要求最多 %d 字", maxText)
	f.Checkf(count(w.Languages) <= maxLine, "languages", "length", "语言最多 %d 字", maxLine)
	f.Checkf(w.Capacity >= 1 && w.Capacity <= maxCapacity, "capacity", "range", "请填写人数上限，1—%d", maxCapacity)
	f.Check(!w.BeginsAt.IsZero(), "beginsAt", "required", "请填写开始时间")
	f.Checkf(w.EndsAt.After(w.BeginsAt) && w.EndsAt.Before(w.BeginsAt.AddDate(0, 0, maxDays)), "endsAt", "order",
		"结束时间要晚于开始时间，最长 %d 天", maxDays)
	f.Check(!w.SignupFrom.IsZero() && w.SignupFrom.Before(w.SignupUntil), "signupOpensAt", "order", "报名开始要早于报名截止")
	f.Check(!w.SignupUntil.IsZero() && !w.SignupUntil.After(w.BeginsAt), "signupClosesAt", "order", "报名截止不能晚于活动开始；当天来的人在现场登记")
	f.Checkf(len(w.Items) <= maxItems, "items", "too_many", "日程最多 %d 项", maxItems)
	for i := range w.Items {
		it := &w.Items[i]
		it.Title, it.Speaker = strings.TrimSpace(it.Title), strings.TrimSpace(it.Speaker)
		at := "items." + digits(i)
		f.Checkf(it.Title != "" && count(it.Title) <= maxLine, at+".title", "length", "请填写第 %d 项日程的名称（最多 %d 字）", i+1, maxLine)
		f.Checkf(count(it.Speaker) <= maxLine, at+".speaker", "length", "第 %d 项日程的讲者最多 %d 字", i+1, maxLine)
		f.Checkf(!it.BeginsAt.Before(w.BeginsAt) && it.BeginsAt.Before(w.EndsAt), at+".beginsAt", "range", "第 %d 项日程的时间不在活动时间内", i+1)
	}
	w.checkMeetings(f)
}

func (w *Writing) checkMeetings(f *fault.Fields) {
	if w.BookingFrom == nil && w.BookingUntil == nil {
		w.MeetingCap = 0
		f.Check(len(w.Sessions) == 0, "bookingOpensAt", "required", "有一对一洽谈的活动，请填写约见的开始和截止时间")
		return
	}
	f.Check(w.BookingFrom != nil && w.BookingUntil != nil && w.BookingFrom.Before(*w.BookingUntil) && !w.BookingUntil.After(w.BeginsAt),
		"bookingClosesAt", "order", "约见截止要晚于约见开始，并且不晚于活动开始：截止后统一安排还没有定时间的洽谈")
	f.Checkf(w.MeetingCap >= 1 && w.MeetingCap <= 100, "meetingCap", "range", "请填写每人最多几场洽谈，1—%d", 100)
	f.Checkf(len(w.Sessions) <= maxSessions, "sessions", "too_many", "洽谈场次最多 %d 段", maxSessions)
	for i, s := range w.Sessions {
		at := "sessions." + digits(i)
		f.Checkf(!s.From.Before(w.BeginsAt) && s.Until.After(s.From) && !s.Until.After(w.EndsAt), at+".beginsAt", "range",
			"第 %d 段洽谈的时间不在活动时间内", i+1)
		f.Check(slices.Contains([]int{15, 20, 30}, s.Minutes), at+".minutes", "choose", "每场洽谈请选 15、20 或 30 分钟")
		f.Checkf(s.Tables >= 1 && s.Tables <= 500, at+".tables", "range", "请填写桌数，1—%d", 500)
		for k, o := range w.Sessions[:i] {
			f.Checkf(!s.From.Before(o.Until) || !o.From.Before(s.Until), at+".beginsAt", "overlap", "第 %d 段与第 %d 段洽谈的时间重叠", i+1, k+1)
		}
	}
	if f.Err() == nil {
		f.Checkf(len(sittings(w.Sessions)) <= maxSlots, "sessions", "too_many", "洽谈时段合计最多 %d 个，请缩短场次", maxSlots)
	}
}

// sittings cuts the sessions into slots; what is left at the end of one and shorter than a slot is a break.
func sittings(list []Session) (out []Sitting) {
	for _, s := range list {
		step := time.Duration(s.Minutes) * time.Minute
		for at := s.From; step > 0 && !at.Add(step).After(s.Until) && len(out) <= maxSlots; at = at.Add(step) {
			out = append(out, Sitting{BeginsAt: at, EndsAt: at.Add(step), Tables: s.Tables})
		}
	}
	return out
}

// Sessions puts slots together again that follow one another on a day, with one length and as many tables.
func Sessions(slots []Sitting) (out []Session) {
	for _, s := range slots {
		minutes := int(s.EndsAt.Sub(s.BeginsAt).Minutes())
		if n := len(out) - 1; n >= 0 && out[n].Until.Equal(s.BeginsAt) && out[n].Minutes == minutes && out[n].Tables == s.Tables {
			out[n].Until = s.EndsAt
			continue
		}
		out = append(out, Session{From: s.BeginsAt, Until: s.EndsAt, Minutes: minutes, Tables: s.Tables})
	}
	return out
}

func digits(n int) string { return strconv.Itoa(n) }
