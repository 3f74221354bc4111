package fact_test

import (
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

type event struct {
	Event  string     `json:"event" words:"ask answer"`
	On     fact.Day   `json:"on"`
	Amount money.Fen  `json:"amount" when:"event=ask"`
	Until  *time.Time `json:"until" when:"event=answer"`
}

type record struct {
	Count  int           `json:"count" min:"0" max:"9"`
	Name   *string       `json:"name"`
	Kinds  []string      `json:"kinds" words:"a b"`
	Rate   fact.Dec      `json:"rate"`
	Rest   fact.Calendar `json:"rest"`
	Events []event       `json:"events"`
	Fits   bool          `json:"fits"`
}

func (r record) Check() (string, fault.Sentence) {
	if r.Count == 9 && r.Fits {
		return "fits", "九个放不下"
	}
	return "", ""
}

type answer struct {
	Sum    money.Fen  `json:"sum"`
	Name   *string    `json:"name"`
	Days   []fact.Day `json:"days"`
	Until  *time.Time `json:"until"`
	Rate   fact.Dec   `json:"rate"`
	Either any        `json:"either"`
	Hidden int        `json:"-"`
}

func answerTo(r record) answer {
	a := answer{Name: r.Name, Rate: r.Rate}
	for _, e := range r.Events {
		a.Sum += e.Amount
		a.Days = append(a.Days, e.On)
		a.Until = e.Until
	}
	if r.Fits {
		a.Either = struct {
			N int `json:"n"`
		}{r.Count}
	}
	return a
}

const good = `{"count":3,"name":"样例<厂>","kinds":["a"],"rate":"-0.50","rest":{"holidays":[],"workdays":[]},"fits":true,` +
	`"events":[{"event":"ask","on":"2027-05-20","amount":"-0.05"},` +
	`{"event":"answer","on":"2027-05-21","until":"2027-05-20T16:04:59.900+08:00"}]}`

func TestARecordIsAnsweredWithItsIDAndKeysInOrder(t *testing.T) {
	t.Parallel()
	const body = `"sum":"-0.05","name":"样例<厂>","days":["2027-05-20","2027-05-21"],` +
		`"until":"2027-05-20T16:04:59.9+08:00","rate":"-0.50","either":{"n":3}}` + "\n"
	empty := `{"id":"A1","input":{"count":0,"name":null,"kinds":[],` +
		`"rate":"0","rest":{"holidays":[],"workdays":[]},"events":[],"fits":false}}`
	in := "\ufeff" + good + "\r\n\n" + `{"id":"甲","note":"说明","expect":{"x":1},"input":` + good + "}\n" + empty
	var out strings.Builder
	if err := fact.Replay(strings.NewReader(in), &out, fact.Of(answerTo)); err != nil {
		t.Fatal(err)
	}
	want := `{"id":"1",` + body + `{"id":"甲",` + body +
		`{"id":"A1","sum":"0.00","name":null,"days":[],"until":null,"rate":"0","either":null}` + "\n"
	if out.String() != want {
		t.Errorf("got  %s\nwant %s", out.String(), want)
	}
}

func TestWhatIsNotExactlyARecordIsRefusedByLineAndKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, key, code string }{
		"an unknown key":                   {`"fits":true`, `"fits":true,"more":1`, "more", "unknown_key"},
		"a key in another case":            {`"fits"`, `"Fits"`, "Fits", "unknown_key"},
		"a missing key":                    {`,"fits":true`, ``, "fits", "missing_key"},
		"a missing nullable key":           {`"name":"样例<厂>",`, ``, "name", "missing_key"},
		"a doubled key":                    {`"fits":true`, `"fits":true,"fits":true`, "fits", "double_key"},
		"a doubled key inside":             {`"on":"2027-05-20"`, `"on":"2027-05-20","on":"2027-05-20"`, "events[0].on", "double_key"},
		"null where it is not allowed":     {`"count":3`, `"count":null`, "count", "malformed"},
		"a null list":                      {`["a"]`, `null`, "kinds", "malformed"},
		"a word outside the list":          {`["a"]`, `["a","c"]`, "kinds[1]", "malformed"},
		"an unknown event before its keys": {`"event":"ask"`, `"event":"beg"`, "events[0].event", "malformed"},
		"no event":                         {`"event":"ask",`, ``, "events[0].event", "missing_key"},
		"a key of another event": {
			`"on":"2027-05-21"`, `"on":"2027-05-21","amount":"1.00"`, "events[1].amount", "unknown_key",
		},
		"a missing key of the event":          {`,"amount":"-0.05"`, ``, "events[0].amount", "missing_key"},
		"one decimal":                         {`"-0.05"`, `"-0.5"`, "events[0].amount", "malformed"},
		"three decimals":                      {`"-0.05"`, `"-0.050"`, "events[0].amount", "malformed"},
		"an amount as a number":               {`"-0.05"`, `-0.05`, "events[0].amount", "malformed"},
		"a grouped amount":                    {`"-0.05"`, `"1,000.00"`, "events[0].amount", "malformed"},
		"an amount beyond the market":         {`"-0.05"`, `"100000000000.00"`, "events[0].amount", "malformed"},
		"a day that does not exist":           {`2027-05-21`, `2027-02-29`, "events[1].on", "malformed"},
		"an instant in another zone":          {`900+08:00`, `900Z`, "events[1].until", "malformed"},
		"nanoseconds":                         {`900+08:00`, `9000001+08:00`, "events[1].until", "malformed"},
		"a comma before the decimals":         {`59.900`, `59,900`, "events[1].until", "malformed"},
		"24 o'clock":                          {`16:04:59`, `24:00:00`, "events[1].until", "malformed"},
		"a decimal with an exponent":          {`"-0.50"`, `"1e3"`, "rate", "malformed"},
		"a decimal as a number":               {`"-0.50"`, `0.5`, "rate", "malformed"},
		"a whole number with decimals":        {`"count":3`, `"count":3.0`, "count", "malformed"},
		"a number below its bound":            {`"count":3`, `"count":-1`, "count", "malformed"},
		"a number above its bound":            {`"count":3`, `"count":10`, "count", "malformed"},
		"text for a truth value":              {`"fits":true`, `"fits":"true"`, "fits", "malformed"},
		"what only the whole record can show": {`"count":3`, `"count":9`, "fits", "malformed"},
		"trailing data":                       {`"fits":true,`, `"fits":true}{`, "-", "json"},
		"a list":                              {good, `[]`, "-", "json"},
		"a wrong list of rest days":           {`"holidays":[]`, `"holidays":["x"]`, "rest.holidays[0]", "malformed"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		var r record
		err := fact.Decode([]byte(bad), &r)
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Fields[0].Path != c.key || f.Fields[0].Code != c.code {
			t.Errorf("%s: got %+v", name, err)
			continue
		}
		var out strings.Builder
		err = fact.Replay(strings.NewReader(good+"\n"+bad+"\n"+good), &out, fact.Of(answerTo))
		if err == nil || !strings.Contains(err.Error(), "第 2 行 "+c.key) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: got %v after %s", name, err, out.String())
		}
	}
}

func TestTheWrappingIsStrictToo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ line, key string }{
		"a key beside":    {`{"id":"x","input":{},"more":1}`, "more"},
		"id no text":      {`{"id":1,"input":{}}`, "id"},
		"input no object": {`{"id":"x","input":[]}`, "-"},
		"two inputs":      {`{"id":"x","input":{},"input":{}}`, "input"},
		"id in the bare":  {strings.Replace(good, `{"count"`, `{"id":"x","count"`, 1), "id"},
		"not UTF-8":       {"{\"\xff\":1}", "-"},
	} {
		err := fact.Replay(strings.NewReader(c.line), io.Discard, fact.Of(answerTo))
		if !fault.HasCode(err, "line_malformed") || !strings.Contains(err.Error(), "第 1 行 "+c.key) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestALineIsBoundedAndABrokenReaderIsNoBadLine(t *testing.T) {
	t.Parallel()
	long := io.MultiReader(strings.NewReader(good+"\n{"), io.LimitReader(blanks{}, 20<<20))
	if err := fact.Replay(long, io.Discard, fact.Of(answerTo)); err == nil || !strings.Contains(err.Error(), "第 2 行") {
		t.Errorf("got %v", err)
	}
	cut := io.MultiReader(strings.NewReader(good[:40]), iotest.ErrReader(io.ErrUnexpectedEOF))
	if err := fact.Replay(cut, io.Discard, fact.Of(answerTo)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func day(s string) (d fact.Day) {
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}

func TestAPeriodEndsOnADayWithWork(t *testing.T) {
	t.Parallel()
	table := fact.Calendar{Holidays: []fact.Day{day("2027-05-03"), day("2027-05-08")}, Workdays: []fact.Day{day("2027-05-08")}}.Days()
	for _, c := range []struct {
		begin string
		n     int
		unit  string
		want  string
	}{
		{"2027-04-29", 1, fact.CalendarDays, "2027-04-30"},
		{"2027-04-30", 1, fact.CalendarDays, "2027-05-04"}, // Saturday, Sunday, holiday
		{"2027-05-01", 7, fact.CalendarDays, "2027-05-08"}, // a Saturday with work, though listed twice
		{"2027-04-30", 1, fact.WorkingDays, "2027-05-04"},
		{"2027-05-06", 2, fact.WorkingDays, "2027-05-08"},
		{"2027-05-06", 3, fact.WorkingDays, "2027-05-10"},
	} {
		if got := fact.Due(table, day(c.begin), c.n, c.unit); got != day(c.want) {
			t.Errorf("%+v: got %s", c, got)
		}
	}
	evening := time.Date(2027, 5, 20, 15, 59, 59, 0, time.UTC)
	if d := fact.DayOf(evening); d.String() != "2027-05-20" || !d.End().Equal(evening.Add(time.Second)) ||
		d.End().Location().String() != clock.Zone().String() {
		t.Errorf("got %s, ends %s", d, d.End())
	}
	if fact.DayOf(evening.Add(time.Second)) != day("2027-05-21") || day("1969-12-31") != -1 {
		t.Error("a day begins at midnight in the zone of the market, before 1970 too")
	}
}

func TestHalvesGoAwayFromZeroAndZeroHasNoSign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		num, den int64
		want     string
	}{{1, 2000, "0.1"}, {-1, 2000, "-0.1"}, {-1, 2001, "0.0"}, {1, 3, "33.3"}, {2, 3, "66.7"},
		{9_223_372_036_854_775_807, 1, "922337203685477580700.0"}} {
		if got := fact.Percent(c.num, c.den); *got != c.want {
			t.Errorf("%d/%d: got %s", c.num, c.den, *got)
		}
	}
	if fact.Percent(1, 0) != nil || *fact.Quotient(5, 1000, 2) != "0.01" || fact.Round(big.NewRat(-1, 2), 0) != "-1" {
		t.Error("nothing over zero, halves up")
	}
}

func TestFloorAndCeilEncloseTheExactValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := money.Fen(rapid.Int64Range(-int64(money.Max), int64(money.Max)).Draw(t, "f"))
		num, den := rapid.Int64Range(0, 10_000).Draw(t, "num"), rapid.Int64Range(1, 10_000).Draw(t, "den")
		low, high := fact.Floor(f, num, den), fact.Ceil(f, num, den)
		exact := new(big.Rat).Mul(big.NewRat(int64(f), 1), big.NewRat(num, den))
		if big.NewRat(int64(low), 1).Cmp(exact) > 0 || big.NewRat(int64(high), 1).Cmp(exact) < 0 || high-low > 1 || exact.IsInt() && high != low {
			t.Errorf("%s × %d/%d: %s … %s", f, num, den, low, high)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"id":"x","input":` + good + `}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var r record
		if fact.Decode(line, &r) != nil {
			return
		}
		if !json.Valid(line) {
			t.Fatal("what is no JSON was read")
		}
		out, err := fact.Encode("x", answerTo(r))
		if err != nil || !json.Valid(out) {
			t.Fatalf("%s: %v", out, err)
		}
	})
}
