package survey_test

import (
	"strings"
	"testing"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fact/facttest"
	"techmarket/internal/market/survey"
)

func TestSharedCasesComeOutKeyByKey(t *testing.T) {
	t.Parallel()
	facttest.Run(t, "survey", fact.Of(survey.Compute))
}

func day(s string) (d fact.Day) {
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}

func TestReminderDaysFollowTheCloseAsItIsKnown(t *testing.T) {
	t.Parallel()
	round := survey.Round{Opens: day("2027-06-01"), Closes: day("2027-06-10")}
	longer := round
	longer.Extension = &survey.Extension{On: day("2027-06-07"), To: day("2027-06-20")}
	policy := survey.Policy{AfterOpen: []int{0, 3, 12}, Half: true, BeforeClose: []int{4, 0}}
	for _, c := range []struct {
		name  string
		round survey.Round
		day   string
		want  bool
	}{
		{"the day of opening is none, even after 0 days", round, "2027-06-01", false},
		{"three days after", round, "2027-06-04", true},
		{"half of nine days is the fourth", round, "2027-06-05", true},
		{"four days before the close", round, "2027-06-06", true},
		{"the day of the close", round, "2027-06-10", true},
		{"after the close there is none", round, "2027-06-13", false},
		{"an extension decided later is not known yet", longer, "2027-06-06", true},
		{"half stays half of the first round", longer, "2027-06-05", true},
		{"half of the longer round is no reminder", longer, "2027-06-10", false},
		{"after the first close the round still runs", longer, "2027-06-13", true},
		{"four days before the new close", longer, "2027-06-16", true},
		{"the day of the new close", longer, "2027-06-20", true},
	} {
		if got := survey.Due(c.round, policy, day(c.day)); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
	policy.Half = false
	if survey.Due(round, policy, day("2027-06-05")) {
		t.Error("without half there is no reminder at half time")
	}
}

func row(org, office string, steps ...string) survey.Row {
	r := survey.Row{Org: org, County: "150203", Office: office}
	for _, s := range steps {
		on, state, _ := strings.Cut(s, " ")
		r.History = append(r.History, survey.Step{On: day(on), State: survey.State(state)})
	}
	return r
}

func TestOnlyRowsWaitingTheEveningBeforeAreReminded(t *testing.T) {
	t.Parallel()
	rows := []survey.Row{
		row("样例壬", "局丙", "2027-06-01 notified"),
		row("样例辛", "局乙", "2027-06-01 notified", "2027-06-02 started"),
		row("样例庚", "局丙", "2027-06-01 notified", "2027-06-02 started", "2027-06-02 submitted"),
		row("样例己", "局丙", "2027-06-04 notified"),
		row("样例戊", "局丙"),
		row("样例丁", "局丙", "2027-06-01 notified", "2027-06-04 zero"),
	}
	got := survey.Digests(rows, day("2027-06-04"))
	if len(got) != 2 || got[0].Office != "局丙" || strings.Join(got[0].Orgs, " ") != "样例壬 样例丁" || strings.Join(got[1].Orgs, " ") != "样例辛" {
		t.Errorf("got %v", got)
	}
}

func TestRatesAreRatiosOfSums(t *testing.T) {
	t.Parallel()
	str := func(s *string) string {
		if s == nil {
			return "–"
		}
		return *s
	}
	for want, states := range map[string][]survey.State{
		"0 – – –":          nil,
		"2 0.0 100.0 –":    {survey.Assigned, survey.Refused},
		"2 – – –":          {survey.Out, survey.Out},
		"3 50.0 50.0 –":    {survey.Zero, survey.NotFound, survey.Out},
		"7 66.7 83.3 33.3": {survey.Submitted, survey.Accepted, survey.Zero, survey.Submitted, survey.Started, survey.NotFound, survey.Out},
	} {
		r := survey.RatesOf(states)
		got := strings.Join([]string{string(rune('0' + r.Frame)), str(r.Response), str(r.Contact), str(r.Usable)}, " ")
		if got != want {
			t.Errorf("%v: got %s, want %s", states, got, want)
		}
	}
}

const facts = `{"round":{"opens":"2027-06-01","closes":"2027-06-10","extension":null},"policy":{"after_open":[1],"half":false,` +
	`"before_close":[]},` +
	`"rows":[{"org":"样例甲","county":"150402","office":"局","history":[{"on":"2027-06-01","state":"notified"}]},` +
	`{"org":"样例乙","county":"150203","office":"局","history":[]}],"as_of":"2027-06-02","reminder_days":["2027-06-03","2027-06-02"]}`

func TestCountiesAreSortedAndReminderDaysKeepTheirOrder(t *testing.T) {
	t.Parallel()
	facttest.Same(t, fact.Of(survey.Compute), facts, `{"counties":[
		{"county":"150203","frame":1,"response":"0.0","contact":"100.0","usable":null},{"county":"150402","frame":1,"response":"0.0",
		"contact":"100.0","usable":null}],
		"total":{"frame":2,"response":"0.0","contact":"100.0","usable":null},
		"reminders":[{"day":"2027-06-03","due":false,"offices":[]},{"day":"2027-06-02","due":true,"offices":[{"office":"局","orgs":["样例甲"]}]}]}`)
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	t.Parallel()
	for key, c := range map[string][2]string{
		"rows[0].history[0].state": {`"state":"notified"`, `"state":"told"`},
		"policy.after_open[0]":     {`"after_open":[1]`, `"after_open":["1"]`},
		"round.closes":             {`"closes":"2027-06-10"`, `"closes":"2027-05-31"`},
		"round.extension":          {`,"extension":null`, ``},
		"rows[1].helper":           {`"history":[]`, `"history":[],"helper":"x"`},
		"as_of":                    {`"as_of":"2027-06-02"`, `"as_of":"2027-06-31"`},
	} {
		facttest.Refused(t, fact.Of(survey.Compute), strings.Replace(facts, c[0], c[1], 1), key)
	}
}
