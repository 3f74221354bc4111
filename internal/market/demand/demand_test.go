package demand_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
)

func full() demand.Content {
	return demand.Content{
		Title: "转炉一次烟气深度除尘", Problem: "转炉一次烟气经湿法除尘后粉尘浓度仍高于超低排放要求，且耗水大。",
		Targets: []demand.Target{{Name: "粉尘浓度", Present: "30", Target: "10", Unit: "mg/m³"}}, Limits: "场地长不超过二十米", Tried: "试过加长喉口，阻力升高",
		Background: "两座一百吨转炉", Goals: "连续运行一年", Ownership: "共有", Solver: "有业绩", Partners: "某大学", Benefit: "省水", Talent: "除尘工程师",
		Budget: listing.Range{MinFen: 100 * money.WanYuan,
			MaxFen: 500 * money.WanYuan}, Deadline: "2026-12-31", DecisionOwner: "总工程师",
		Cooperation: []string{
			"joint_development",
		}, MaturityMin: 6, Field: "0701", Topics: []string{"0605"}, Industry: "C", Keywords: []string{"除尘"}, Division: "150204",
		Preferred: []string{
			"150200",
		}, Challenge: true, Reward: "达标后付一百万元，由专家组现场测定", Files: []listing.Attachment{{FileID: 9, Role: listing.FileAttachment, Caption: "流程图"}},
		Contact: listing.Contact{Name: "孙样例", Phone: "0472-0000000", Email: "s@example.com"},
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
	for name, c := range map[string]struct {
		change func(*demand.Content)
		submit bool
		path   string
	}{
		"no problem":                  {func(c *demand.Content) { c.Problem = "" }, true, "problem"},
		"target without value":        {func(c *demand.Content) { c.Targets[0].Target = "" }, true, "targets.0.target"},
		"a phone that is none":        {func(c *demand.Content) { c.Contact.Phone = "1.38E+10" }, false, "contact.phone"},
		"a challenge without reward":  {func(c *demand.Content) { c.Reward = "" }, true, "reward"},
		"a challenge without an end":  {func(c *demand.Content) { c.Deadline = "" }, true, "deadline"},
		"31 November":                 {func(c *demand.Content) { c.Deadline = "2026-11-31" }, false, "deadline"},
		"unknown preferred place":     {func(c *demand.Content) { c.Preferred = []string{"000000"} }, false, "preferred"},
		"maturity ten":                {func(c *demand.Content) { c.MaturityMin = 10 }, false, "maturityMin"},
		"21 targets":                  {func(c *demand.Content) { c.Targets = make([]demand.Target, 21) }, false, "targets"},
		"a mail address with a comma": {func(c *demand.Content) { c.Contact.Email = "a@b.cn,c@d.cn" }, false, "contact.email"},
	} {
		content := full()
		c.change(&content)
		if got := paths(content.Validate(c.submit)); !slices.Contains(got, c.path) {
			t.Errorf("%s: messages at %v, want %s", name, got, c.path)
		}
	}
}

// Of 348 published needs 70 % state no structured figure, nine of ten no budget, none who decides.
func TestValidate_WhatMostNeedsLackNeverBlocks(t *testing.T) {
	t.Parallel()
	c := full()
	c.Problem, c.Targets, c.Budget, c.DecisionOwner, c.Limits, c.Tried = "想降尘", nil, listing.Range{}, "", "", ""
	if err := c.Validate(true); err != nil {
		t.Errorf("a bare need is refused: %v", err)
	}
	if !slices.ContainsFunc(c.Warnings(), func(f fault.Field) bool { return f.Path == "problem" && f.Code == "short" }) {
		t.Errorf("a very short need gets no hint: %+v", c.Warnings())
	}
	if c.Completeness().Percent >= full().Completeness().Percent {
		t.Error("what is missing does not cost score")
	}
}

func TestValidate_KnowsEveryText(t *testing.T) {
	t.Parallel()
	c := full()
	tried := 0
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(path+"[]", v.Index(i))
			}
		case reflect.String:
			old := v.String()
			for _, bad := range []string{"a\x00b", strings.Repeat("长", 20_001)} {
				v.SetString(bad)
				if c.Validate(false) == nil {
					t.Errorf("%s takes %.5q", path, bad)
				}
				tried++
			}
			v.SetString(old)
		}
	}
	walk("", reflect.ValueOf(&c).Elem())
	if tried < 40 {
		t.Errorf("only %d texts tried: is the example complete?", tried)
	}
}

func TestCompleteness_AsksForPresentValueLimitsTriesBudgetAndDecider(t *testing.T) {
	t.Parallel()
	if got := full().Completeness(); got.Percent != 100 {
		t.Errorf("full: %+v", got)
	}
	for path, change := range map[string]func(*demand.Content){
		"targets": func(c *demand.Content) { c.Targets[0].Present = "" }, "limits": func(c *demand.Content) { c.Limits = "" },
		"tried": func(c *demand.Content) { c.Tried = "" }, "budget": func(c *demand.Content) { c.Budget = listing.Range{} },
		"decisionOwner": func(c *demand.Content) { c.DecisionOwner = "" },
	} {
		c := full()
		change(&c)
		got := c.Completeness()
		if got.Percent > 92 || len(got.Missing) != 1 || got.Missing[0].Path != path || got.Missing[0].Label == "" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestDocument_KeepsPeopleOut(t *testing.T) {
	t.Parallel()
	d := listing.DocumentOf(demand.Descriptor(), full(), listing.Listing{ID: 7, Kind: demand.Kind, Version: 1, Division: "150204"}, "样例钢铁公司")
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(d)
	for _, secret := range []string{"孙样例", "0472-0000000", "s@example.com", "总工程师"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("the index holds %s", secret)
		}
	}
	if d.ID != "d7" || !slices.Equal(d.Facets["field"], []string{"0701", "07"}) || !slices.Equal(d.Facets["challenge"], []string{"yes"}) ||
		d.Numbers["minMaturity"] != 6 ||
		d.Numbers["budgetMaxFen"] != 500_000_000 ||
		d.Numbers["deadline"] == 0 {
		t.Errorf("document: %+v", d)
	}
	g := full().ForGuest()
	if g.Contact != (listing.Contact{}) || g.DecisionOwner != "" {
		t.Error("a guest sees who decides")
	}
}
