package achievement

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChange_ComparesTwoNumbersOfOneUnitAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of   Advantage
		want Change
		ok   bool
	}{
		"less, unit apart":        {Advantage{Ours: "4", Present: "35", Unit: "MPa"}, Change{4, 35, "MPa", false, -31.0 / 35 * 100}, true},
		"more, unit in both":      {Advantage{Ours: "52 千克", Present: "26千克"}, Change{52, 26, "千克", false, 100}, true},
		"shares count in points":  {Advantage{Ours: "70", Present: "35", Unit: "%"}, Change{70, 35, "%", true, 35}, true},
		"limits and separators":   {Advantage{Ours: "≥1,200", Present: "不低于 600", Unit: "小时"}, Change{1200, 600, "小时", false, 100}, true},
		"different units":         {Advantage{Ours: "4 MPa", Present: "35 bar"}, Change{}, false},
		"one has a unit":          {Advantage{Ours: "4 MPa", Present: "35"}, Change{}, false},
		"a range":                 {Advantage{Ours: "3–5", Present: "35"}, Change{}, false},
		"words":                   {Advantage{Ours: "无需控温", Present: "需要"}, Change{}, false},
		"the same":                {Advantage{Ours: "7", Present: "7.0"}, Change{}, false},
		"from nothing":            {Advantage{Ours: "7", Present: "0"}, Change{}, false},
		"below zero has no share": {Advantage{Ours: "-40", Present: "-20", Unit: "℃"}, Change{}, false},
		"empty":                   {Advantage{}, Change{}, false},
	} {
		got, ok := c.of.Change()
		if ok != c.ok || !cmp.Equal(got, c.want) {
			t.Errorf("%s: got %+v, %t", name, got, ok)
		}
	}
}

func FuzzChange(f *testing.F) {
	f.Add("≥1,200", "600 小时", "小时")
	f.Add("-3%", "4%", "")
	f.Fuzz(func(t *testing.T, ours, present, unit string) {
		a := Advantage{Ours: ours, Present: present, Unit: unit}
		if c, ok := a.Change(); ok && !c.Points && (c.By < -100 || c.By == 0) {
			t.Errorf("%+v comes to %+v", a, c)
		}
	})
}
