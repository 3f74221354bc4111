package achievement_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
)

func full() achievement.Content {
	return achievement.Content{
		Title: "稀土永磁直驱风力发电机", Summary: "取消齿轮箱，故障停机减少一半", Problem: "齿轮箱故障多、维护贵", Description: strings.Repeat("采用分段斜极转子降低齿槽转矩。", 5),
		Advantages: []achievement.Advantage{{Name: "效率", Ours: "96.5", Present: "93", Unit: "%"}},
		Maturity:   achievement.Maturity{Level: 8, Basis: achievement.BasisJudged, Judge: "样例评价中心", Date: "2026-02-28", FileIDs: []int64{7}},
		Field:      "06", Topics: []string{"0702"}, Industry: "C", Keywords: []string{"永磁", "风电"}, Cooperation: []string{"licence", "trial"},
		Price:      listing.Range{MinFen: 40 * money.WanYuan, MaxFen: 120 * money.WanYuan},
		IP:         []achievement.IP{{Kind: "invention", Number: "ZL201510237122.7", Status: "valid", Expires: "2035-05-11", Title: "一种转子"}},
		RegisterNo: "1502026Y0001", Team: achievement.Team{Lead: "李样例", Members: []string{"王样例"}, Introduction: "十人团队"}, Division: "150204",
		Cases: []achievement.Case{{Organisation: "样例风场", Effect: "运行两年", Year: "2025"}},
		Files: []listing.Attachment{
			{FileID: 3, Role: listing.FilePicture, Caption: "样机"},
		}, Contact: listing.Contact{Name: "赵样例", Phone: "0472-0000000", Email: "z@example.com"},
	}
}

func paths(err error) []string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.Path)
	}
	return out
}

func TestValidate_NamesTheFieldAndTheMend(t *testing.T) {
	t.Parallel()
	if err := full().Validate(true); err != nil {
		t.Fatalf("a full content: %v", err)
	}
	if err := (achievement.Content{}).Validate(false); err != nil {
		t.Errorf("an empty draft: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*achievement.Content)
		submit bool
		path   string
	}{
		"long title":              {func(c *achievement.Content) { c.Title = strings.Repeat("长", 81) }, false, "title"},
		"ten million characters":  {func(c *achievement.Content) { c.Description = strings.Repeat("长", 10_000_000) }, false, "description"},
		"broken text":             {func(c *achievement.Content) { c.Problem = "a\xffb" }, false, "problem"},
		"too many advantages":     {func(c *achievement.Content) { c.Advantages = make([]achievement.Advantage, 21) }, false, "advantages"},
		"unknown field":           {func(c *achievement.Content) { c.Field = "77" }, false, "field"},
		"unknown topic":           {func(c *achievement.Content) { c.Topics = []string{"9999"} }, false, "topics"},
		"unknown division":        {func(c *achievement.Content) { c.Division = "159999" }, false, "division"},
		"price upside down":       {func(c *achievement.Content) { c.Price.MinFen = c.Price.MaxFen + 1 }, false, "price.maxFen"},
		"price beyond the most":   {func(c *achievement.Content) { c.Price.MaxFen = money.Max + 1 }, false, "price.minFen"},
		"29 February of 2026":     {func(c *achievement.Content) { c.IP[0].Expires = "2026-02-29" }, false, "ip.0.expires"},
		"level ten":               {func(c *achievement.Content) { c.Maturity.Level = 10 }, false, "maturity.level"},
		"judged by nobody":        {func(c *achievement.Content) { c.Maturity.Judge = "" }, true, "maturity.judge"},
		"judged without evidence": {func(c *achievement.Content) { c.Maturity.FileIDs = nil }, true, "maturity.fileIds"},
		"no price":                {func(c *achievement.Content) { c.Price = listing.Range{} }, true, "price"},
		"nobody to call":          {func(c *achievement.Content) { c.Contact.Phone, c.Contact.Email = "", "" }, true, "contact.phone"},
		"unknown file role":       {func(c *achievement.Content) { c.Files[0].Role = "virus" }, false, "files.0.role"},
	} {
		content := full()
		c.change(&content)
		if got := paths(content.Validate(c.submit)); !slices.Contains(got, c.path) {
			t.Errorf("%s: messages at %v, want %s", name, got, c.path)
		}
		if c.submit && content.Validate(false) != nil {
			t.Errorf("%s: a draft is refused", name)
		}
	}
}

// Every text that can be typed is bounded and refused with a zero byte, which PostgreSQL's jsonb can't keep: a text that is
// missing from the content's list of texts would end in a failure without a message.
func TestValidate_KnowsEveryText(t *testing.T) {
	t.Parallel()
	base, err := json.Marshal(full())
	if err != nil {
		t.Fatal(err)
	}
	var walk func(path string, v reflect.Value, root *achievement.Content)
	tried := 0
	walk = func(path string, v reflect.Value, root *achievement.Content) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i), root)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(path+"[]", v.Index(i), root)
			}
		case reflect.String:
			old := v.String()
			for _, bad := range []string{"a\x00b", strings.Repeat("长", 20_001)} {
				v.SetString(bad)
				if root.Validate(false) == nil {
					t.Errorf("%s takes %.5q", path, bad)
				}
				tried++
			}
			v.SetString(old)
		}
	}
	var c achievement.Content
	if err := json.Unmarshal(base, &c); err != nil {
		t.Fatal(err)
	}
	walk("", reflect.ValueOf(&c).Elem(), &c)
	if tried < 60 {
		t.Errorf("only %d texts tried: is the example complete?", tried)
	}
}

func TestWarnings_PatentCheckDigitNeverBlocks(t *testing.T) {
	t.Parallel()
	c := full()
	if w := c.Warnings(); len(w) != 0 {
		t.Errorf("a right number warns: %+v", w)
	}
	c.IP[0].Number = "ZL201820468923.4"
	c.Summary = strings.Repeat("字", 110)
	w := c.Warnings()
	if len(w) != 2 || w[0].Path != "ip.0.number" || w[1].Path != "summary" || !strings.Contains(w[1].Message, "10") {
		t.Errorf("warnings: %+v", w)
	}
	if err := c.Validate(true); err != nil {
		t.Errorf("a warning blocks: %v", err)
	}
	c.IP[0].Kind = "software"
	if w := c.Warnings(); len(w) != 1 {
		t.Errorf("a software certificate is checked as a patent: %+v", w)
	}
}

func TestCompleteness_NamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	if got := full().Completeness(); got.Percent != 100 || len(got.Missing) != 0 {
		t.Errorf("full: %+v", got)
	}
	if got := (achievement.Content{}).Completeness(); got.Percent != 0 || got.Missing[0].Path != "advantages" {
		t.Errorf("empty: %+v", got)
	}
	c := full()
	c.Advantages[0].Present = ""
	if got := c.Completeness(); got.Percent >= 100 || len(got.Missing) != 1 || got.Missing[0].Path != "advantages" {
		t.Errorf("a figure without comparison: %+v", got)
	}
}

func TestDocument_IsWhatTheIndexAccepts(t *testing.T) {
	t.Parallel()
	l := listing.Listing{
		ID:             12,
		Kind:           achievement.Kind,
		OrganisationID: 5,
		Version:        3,
		Division:       "150204",
		Origin:         listing.OriginLocal,
		Title:          "稀土永磁直驱风力发电机",
	}
	d := listing.DocumentOf(achievement.Descriptor(), full(), l, "青山样例大学")
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	for facet, want := range map[string][]string{"field": {"06"}, "topic": {"0702", "0700"}, "league": {"150200"}, "county": {"150204"},
		"priceBand":   {"10to50", "50to100", "100to500"},
		"cooperation": {"licence", "trial"}, "industry": {"C"}, "ip": {"valid"}, "stage": {"8"}, "org": {"5"}, "awake": {"yes"},
		"sample": {"no"}} {
		if !slices.Equal(d.Facets[facet], want) {
			t.Errorf("%s: got %v, want %v", facet, d.Facets[facet], want)
		}
	}
	if d.ID != "a12" || d.Version != 3 || d.Numbers["maturity"] != 8 || d.Numbers["ipUntil"] != 2035 ||
		d.Numbers["priceMinFen"] != 40_000_000 ||
		d.Numbers["priceFen"] != 40_000_000 ||
		d.Numbers["completeness"] != 100 {
		t.Errorf("document: %+v", d)
	}
	raw, _ := json.Marshal(d)
	for _, secret := range []string{"赵样例", "0472-0000000", "z@example.com"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("the index holds %s", secret)
		}
	}
	c := full()
	c.Topics = nil
	if got := c.Document(l, "").Facets["topic"]; !slices.Contains(got, "0702") {
		t.Errorf("topics found in the text: %v", got)
	}
}

func TestForGuest_HidesOnlyTheContact(t *testing.T) {
	t.Parallel()
	c := full()
	g := c.ForGuest()
	if g.Contact != (listing.Contact{}) || c.Contact.Name == "" {
		t.Error("contact")
	}
	g.Contact = c.Contact
	if !reflect.DeepEqual(g, c) {
		t.Error("a guest misses more than the contact")
	}
}

func TestTidy_IsIdempotentAndLeavesTheCallerAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("甲乙 \t\r\n<=\u3000𠮷"))) // with blanks at the edges
		c := achievement.Content{
			Title:       text.Draw(r, "title"),
			Description: text.Draw(r, "description"),
			Keywords:    rapid.SliceOf(text).Draw(r, "keywords"),
			Advantages: []achievement.Advantage{
				{Name: text.Draw(r, "name")},
				{},
			},
			IP: []achievement.IP{{Kind: "none"}, {Kind: "invention", Number: text.Draw(r, "number")}},
		}
		before, _ := json.Marshal(c)
		once := c.Tidy()
		after, _ := json.Marshal(c)
		if string(before) != string(after) {
			r.Fatalf("the caller's content changed: %s → %s", before, after)
		}
		twice := once.Tidy()
		a, _ := json.Marshal(once)
		b, _ := json.Marshal(twice)
		if string(a) != string(b) {
			r.Fatalf("%s → %s", a, b)
		}
		if strings.ContainsAny(once.Title, "\r\n\t") || once.Title != strings.TrimSpace(once.Title) {
			r.Fatalf("title %q", once.Title)
		}
	})
}
