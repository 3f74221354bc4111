// Package region knows the divisions of Inner Mongolia: the region, its 12 leagues (盟市) in their usual order, its
// 103 counties (旗县区), and five statistical zones that GB/T 2260 does not list; beside them the provinces and the
// common countries that a party from outside can have.
//
// It answers "what is this code called", "whose part is it", "is A inside B". It refuses to guess: a code that
// starts with 15 and is not in the tables is unknown, and a short name never identifies anything.
//
// Data as of 2023-06-30 (docs/rules/identifiers.md §1); later changes are not known. 满洲里 150781 stays under
// 呼伦贝尔 and 二连浩特 152501 under 锡林郭勒盟 although the department writes to both directly (see Division.Note).
package region

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Code of Inner Mongolia, and the country code of China.
const (
	Root  = "150000"
	China = "156"
)

// Kind is the level of a division.
type Kind string

// The kinds, from large to small.
const (
	Autonomous Kind = "region" // 自治区
	LeagueKind Kind = "league" // 盟市
	CountyKind Kind = "county" // 旗县区
	ZoneKind   Kind = "zone"   // statistical zone, not a GB/T 2260 county
)

// Division is one part of the region.
type Division struct {
	Code   string `json:"code"`   // six digits, GB/T 2260 (zones: statistical code)
	Name   string `json:"name"`   // official name
	Short  string `json:"short"`  // as people here say it; for screens only
	Parent string `json:"parent"` // code of the parent, empty for the region itself
	Kind   Kind   `json:"kind"`
	Type   string `json:"type"` // 自治区, 市, 盟, 区, 旗, 县, 自治旗, 统计区划
	Note   string `json:"note,omitempty"`
}

// Tile is where a league's group of county squares stands on the tile map, in squares from the upper left; the map
// shows neighbourhood, not borders.
type Tile struct {
	League  string
	X, Y    float64
	Columns int
}

// Place is a province or a country.
type Place struct {
	Code  string `json:"code"` // province: six digits; country: three digits
	Name  string `json:"name"`
	Short string `json:"short"`
}

//go:embed data/*.tsv
var files embed.FS

type tables struct {
	all       []Division // region, then each league followed by its counties and zones
	leagues   []Division
	children  map[string][]Division
	byCode    map[string]Division
	tiles     []Tile
	provinces []Place
	province  map[string]Place // by the first two digits
	countries []Place
}

// load reads the embedded files once; they are part of the program, so a fault in them is a programming error.
var load = sync.OnceValue(func() *tables {
	t := &tables{
		children: map[string][]Division{}, byCode: map[string]Division{},
		province: map[string]Place{},
	}
	short := map[string]string{}
	for _, r := range rows("short.tsv", 2) {
		short[r[0]] = r[1]
	}
	var list []Division
	for _, r := range slices.Concat(rows("divisions.tsv", 5), rows("zones.tsv", 5)) {
		d := Division{Code: r[0], Name: r[1], Short: r[1], Parent: r[2], Type: r[4]}
		switch r[3] {
		case "1":
			d.Kind, d.Short = Autonomous, "内蒙古"
		case "2":
			d.Kind, d.Short = LeagueKind, strings.TrimSuffix(r[1], "市")
		case "3":
			d.Kind = CountyKind
		default:
			d.Kind = ZoneKind
		}
		if s, ok := short[d.Code]; ok {
			d.Short = s
		}
		switch d.Code {
		case "150781", "152501":
			d.Note = "单独向自治区报送统计（待核实）"
		case "150703":
			d.Note = "由满洲里市管理（待核实）"
		}
		list = append(list, d)
	}
	for _, d := range list {
		t.byCode[d.Code] = d
		t.children[d.Parent] = append(t.children[d.Parent], d)
	}
	t.leagues = t.children[Root]
	t.all = append(t.all, t.byCode[Root])
	for _, l := range t.leagues {
		t.all = append(append(t.all, l), t.children[l.Code]...)
	}
	for _, r := range rows("tiles.tsv", 4) {
		x, errX := strconv.ParseFloat(r[1], 64)
		y, errY := strconv.ParseFloat(r[2], 64)
		n, errN := strconv.Atoi(r[3])
		if errX != nil || errY != nil || errN != nil {
			panic("region: tiles.tsv: " + r[0])
		}
		t.tiles = append(t.tiles, Tile{League: r[0], X: x, Y: y, Columns: n})
	}
	for _, r := range rows("provinces.tsv", 3) {
		p := Place{Code: r[0], Name: r[1], Short: r[2]}
		t.provinces = append(t.provinces, p)
		t.province[p.Code[:2]] = p
	}
	for _, r := range rows("countries.tsv", 2) {
		p := Place{Code: r[0], Name: r[1], Short: r[1]}
		t.countries = append(t.countries, p)
	}
	return t
})

func rows(name string, columns int) [][]string {
	b, err := files.ReadFile("data/" + name)
	if err != nil {
		panic("region: " + err.Error())
	}
	var out [][]string
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		r := strings.Split(line, "\t")
		if len(r) != columns {
			panic(fmt.Sprintf("region: %s: %q", name, line))
		}
		out = append(out, r)
	}
	return out
}

// All lists the region, then every league followed by its counties and zones.
func All() []Division { return slices.Clone(load().all) }

// Leagues lists the 12 leagues in their usual order.
func Leagues() []Division { return slices.Clone(load().leagues) }

// Children lists the divisions directly below a code: leagues of the region, counties and then zones of a league.
func Children(code string) []Division { return slices.Clone(load().children[code]) }

// Get finds a division of the region by its code.
func Get(code string) (Division, bool) {
	d, ok := load().byCode[code]
	return d, ok
}

// League returns the league that the code is or lies in; not ok for the region itself and for codes from outside.
func League(code string) (Division, bool) {
	d, ok := Get(code)
	if ok && (d.Kind == CountyKind || d.Kind == ZoneKind) {
		d, ok = Get(d.Parent)
	}
	if !ok || d.Kind != LeagueKind {
		return Division{}, false
	}
	return d, true
}

// County returns the county or zone with that code; not ok for leagues, the region and codes from outside.
func County(code string) (Division, bool) {
	d, ok := Get(code)
	if !ok || (d.Kind != CountyKind && d.Kind != ZoneKind) {
		return Division{}, false
	}
	return d, true
}

// Name returns the official name of a division; for a code from another province the province's name, otherwise the
// code itself, so that a table never shows an empty cell.
func Name(code string) string {
	if d, ok := Get(code); ok {
		return d.Name
	}
	if p, ok := Province(code); ok && p.Code != Root {
		return p.Name
	}
	return code
}

// ShortName is Name as people here say it; for screens only.
func ShortName(code string) string {
	if d, ok := Get(code); ok {
		return d.Short
	}
	if p, ok := Province(code); ok && p.Code != Root {
		return p.Short
	}
	return code
}

// FullName joins league and county: "包头市昆都仑区"; other codes as Name.
func FullName(code string) string {
	if d, ok := County(code); ok {
		return Name(d.Parent) + d.Name
	}
	return Name(code)
}

// Parent returns the code of the parent, empty for the region and for unknown codes.
func Parent(code string) string { return load().byCode[code].Parent }

// Inside reports whether a is b or a part of b. Both must be divisions of the region.
func Inside(a, b string) bool {
	t := load()
	if _, ok := t.byCode[b]; !ok {
		return false
	}
	for {
		d, ok := t.byCode[a]
		switch {
		case !ok:
			return false
		case a == b:
			return true
		}
		a = d.Parent
	}
}

// Path lists the code and everything above it, nearest first: county, league, region. A code from another province
// gives its own city-level and province-level codes, by GB/T 2260's digits. Not six digits: nil.
func Path(code string) []string {
	if !sixDigits(code) {
		return nil
	}
	var out []string
	for _, c := range []string{code, code[:4] + "00", code[:2] + "0000"} {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// Prefix is the leading digits that every division inside an area has: two of a province, four of a league, all of a county.
func Prefix(area string) string {
	switch {
	case len(area) != 6:
		return area
	case strings.HasSuffix(area, "0000"):
		return area[:2]
	case strings.HasSuffix(area, "00"):
		return area[:4]
	}
	return area
}

// Valid reports whether the code can be the division of a domestic party: in the tables where it starts with 15,
// otherwise six digits of a known province (docs/rules/registration.md §5).
func Valid(code string) bool {
	if strings.HasPrefix(code, Root[:2]) {
		_, ok := Get(code)
		return ok
	}
	_, ok := Province(code)
	return ok
}

// Tiles lists the groups of the tile map from west-south to east-north.
func Tiles() []Tile { return slices.Clone(load().tiles) }

// Provinces lists the 34 province-level divisions of China.
func Provinces() []Place { return slices.Clone(load().provinces) }

// Province returns the province of any six-digit code.
func Province(code string) (Place, bool) {
	if !sixDigits(code) {
		return Place{}, false
	}
	p, ok := load().province[code[:2]]
	return p, ok
}

// Countries lists common countries and regions by three-digit code (GB/T 2659 numeric; the form's own list is the
// customs list, unverified), China first.
func Countries() []Place { return slices.Clone(load().countries) }

// ValidCountry reports whether the code has the form of a country code, three digits; it need not be in Countries.
func ValidCountry(code string) bool { return digits(code, 3) }

func sixDigits(s string) bool { return digits(s, 6) }

func digits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
