package region_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/region"
)

func TestRegionHasTwelveLeaguesAnd103Counties(t *testing.T) {
	t.Parallel()
	// docs/rules/identifiers.md §1.
	want := []struct {
		code, short string
		counties    int
	}{
		{"150100", "呼和浩特", 9}, {"150200", "包头", 9}, {"150300", "乌海", 3}, {"150400", "赤峰", 12},
		{"150500", "通辽", 8}, {"150600", "鄂尔多斯", 9}, {"150700", "呼伦贝尔", 14}, {"150800", "巴彦淖尔", 7},
		{"150900", "乌兰察布", 11}, {"152200", "兴安盟", 6}, {"152500", "锡林郭勒盟", 12}, {"152900", "阿拉善盟", 3},
	}
	leagues := region.Leagues()
	if len(leagues) != len(want) {
		t.Fatalf("leagues: got %d, want %d", len(leagues), len(want))
	}
	counties, zones := 0, 0
	types := map[string]int{}
	for i, l := range leagues {
		n := 0
		for _, d := range region.Children(l.Code) {
			if d.Kind == region.ZoneKind {
				zones++
				continue
			}
			n++
			types[d.Type]++
		}
		counties += n
		if l.Code != want[i].code || l.Short != want[i].short || n != want[i].counties {
			t.Errorf("league %d: got %s %s %d, want %v", i, l.Code, l.Short, n, want[i])
		}
	}
	if counties != 103 || zones != 5 || len(region.All()) != 1+12+103+5 {
		t.Errorf("got %d counties, %d zones, %d in all", counties, zones, len(region.All()))
	}
	for typ, n := range map[string]int{"旗": 49, "区": 23, "县": 17, "市": 11, "自治旗": 3} {
		if types[typ] != n {
			t.Errorf("%s: got %d, want %d", typ, types[typ], n)
		}
	}
}

func TestEveryShortNameIsUniqueAndEveryTileIsALeague(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, d := range region.All() {
		if other, ok := seen[d.Short]; ok {
			t.Errorf("%s and %s share the short name %s", other, d.Code, d.Short)
		}
		seen[d.Short] = d.Code
	}
	tiles := map[string]bool{}
	for _, tile := range region.Tiles() {
		d, ok := region.Get(tile.League)
		if !ok || d.Kind != region.LeagueKind || tile.Columns < 1 || tiles[tile.League] {
			t.Errorf("bad tile %+v", tile)
		}
		tiles[tile.League] = true
	}
	if len(tiles) != 12 {
		t.Errorf("tiles: got %d, want 12", len(tiles))
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, name, short, full string }{
		{"152221", "科尔沁右翼前旗", "科右前旗", "兴安盟科尔沁右翼前旗"},
		{"150203", "昆都仑区", "昆都仑区", "包头市昆都仑区"},
		{"150000", "内蒙古自治区", "内蒙古", "内蒙古自治区"},
		{"150271", "包头稀土高新技术产业开发区", "包头稀土高新区", "包头市包头稀土高新技术产业开发区"},
		{"110108", "北京市", "北京", "北京市"},
		{"159999", "159999", "159999", "159999"},
		{"", "", "", ""},
	} {
		if n, s, f := region.Name(c.code), region.ShortName(c.code), region.FullName(c.code); n != c.name || s != c.short || f != c.full {
			t.Errorf("%s: got %s %s %s", c.code, n, s, f)
		}
	}
}

func TestInsideFollowsTheTree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"150203", "150200", true}, {"150203", "150000", true}, {"150203", "150203", true},
		{"150200", "150203", false}, {"150203", "150100", false}, {"152501", "152500", true},
		{"150271", "150200", true}, {"110108", "150000", false}, {"110108", "110000", false},
		{"150203", "", false}, {"", "", false}, {"150000", "", false},
	} {
		if got := region.Inside(c.a, c.b); got != c.want {
			t.Errorf("Inside(%q, %q): got %v", c.a, c.b, got)
		}
	}
	all := region.All()
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(all).Draw(t, "division")
		for p := d; p.Code != ""; p, _ = region.Get(p.Parent) {
			if !region.Inside(d.Code, p.Code) {
				t.Fatalf("%s is not inside %s", d.Code, p.Code)
			}
		}
		path := region.Path(d.Code)
		for i := 1; i < len(path); i++ {
			if region.Parent(path[i-1]) != path[i] {
				t.Fatalf("path %v leaves the tree", path)
			}
		}
	})
}

func TestValidKnowsTheRegionAndTrustsOtherProvinces(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"150102": true, "150172": true, "150000": true, "150100": true, "150101": false, "159900": false,
		"110108": true, "820000": true, "990000": false, "15010": false, "1501020": false, "": false, "15010x": false, "１５０１０２": false,
	} {
		if got := region.Valid(code); got != want {
			t.Errorf("Valid(%q): got %v", code, got)
		}
	}
	if _, ok := region.League("150000"); ok {
		t.Error("the region is no league")
	}
	if l, ok := region.League("150781"); !ok || l.Code != "150700" {
		t.Errorf("满洲里: got %v %v", l, ok)
	}
	if len(region.Provinces()) != 34 {
		t.Errorf("provinces: got %d", len(region.Provinces()))
	}
	if c := region.Countries(); c[0].Code != region.China || !region.ValidCountry("276") || region.ValidCountry("27") {
		t.Error("countries")
	}
	for _, c := range region.Countries() {
		if !region.ValidCountry(c.Code) || strings.TrimSpace(c.Name) == "" {
			t.Errorf("bad country %+v", c)
		}
	}
}

func TestListsAreCopies(t *testing.T) {
	t.Parallel()
	region.Leagues()[0].Name = "x"
	region.All()[1].Name = "x"
	if region.Leagues()[0].Name != "呼和浩特市" || region.Name("150100") != "呼和浩特市" || region.All()[1].Name != "呼和浩特市" {
		t.Error("a caller changed the tables")
	}
}
