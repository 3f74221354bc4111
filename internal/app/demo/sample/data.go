package sample

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
)

// The hand-written listings, one file a group of plan areas.
var (
	achievementFiles = []string{"achievements-a.txt", "achievements-b.txt", "achievements-c.txt", "achievements-d.txt", "achievements-e.txt",
		"achievements-f.txt"}
	demandFiles = []string{"demands-a.txt", "demands-b.txt", "demands-c.txt", "demands-d.txt"}
)

//go:embed data
var files embed.FS

type place struct {
	league, county, street string
	weight                 int
}

type area struct {
	name, field, industry, purpose string
	goods                          []string // kind:name:unit cost in 元
}

type row map[string]string

// tables are the embedded TSV files.
type tables struct {
	places                                                     map[string]place
	placeOrder                                                 []string
	areas                                                      map[string]area
	institutions, companies, points, outside, abroad, refusals []row
}

func (g *generator) load() {
	g.names, g.words = map[string]bool{}, map[string][]string{}
	g.orgs, g.persons, g.points = map[string]int{}, map[string]int{}, map[string]int{}
	g.byArea, g.buyers, g.desk = map[string][]string{}, map[string][]string{}, map[string][]string{}
	g.league, g.serials, g.edge = map[string]string{}, map[string]int{}, map[string]bool{}
	t := &g.tables
	t.places, t.areas = map[string]place{}, map[string]area{}
	for _, r := range readTSV("places.tsv") {
		weight, err := strconv.Atoi(r["weight"])
		must(err)
		t.places[r["code"]] = place{league: r["league"], county: r["county"], street: r["street"], weight: weight}
		t.placeOrder = append(t.placeOrder, r["code"])
	}
	for _, r := range readTSV("areas.tsv") {
		t.areas[r["code"]] = area{name: r["name"], field: r["field"], industry: r["industry"], purpose: r["purpose"],
			goods: strings.Split(r["goods"], ";")}
	}
	t.institutions, t.companies = readTSV("institutions.tsv"), readTSV("companies.tsv")
	t.points, t.outside, t.abroad = readTSV("points.tsv"), readTSV("outside.tsv"), readTSV("abroad.tsv")
	t.refusals = readTSV("refusals.tsv")
	for line := range strings.SplitSeq(strings.TrimSpace(readFile("words.tsv")), "\n") {
		name, list, _ := strings.Cut(line, "\t")
		g.words[name] = strings.Fields(list)
	}
}

func readFile(name string) string {
	b, err := files.ReadFile("data/" + name)
	must(err)
	return string(b)
}

// readTSV reads a file whose first line names the columns; every row has all of them.
func readTSV(name string) []row {
	lines := strings.Split(strings.TrimSpace(readFile(name)), "\n")
	head := strings.Split(lines[0], "\t")
	var rows []row
	for i, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) < len(head)-1 || len(cells) > len(head) {
			panic(fmt.Sprintf("sample: %s row %d has %d cells, want %d", name, i+2, len(cells), len(head)))
		}
		r := row{}
		for k, c := range cells {
			r[head[k]] = c
		}
		rows = append(rows, r)
	}
	return rows
}

// readBlocks reads the hand-written listings: blocks of lines separated by an empty line; lines that
// start with "# " are remarks for the editor.
func readBlocks(names ...string) [][]string {
	var blocks [][]string
	for _, name := range names {
		for block := range strings.SplitSeq(strings.TrimSpace(readFile(name)), "\n\n") {
			var lines []string
			for line := range strings.SplitSeq(block, "\n") {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "# ") {
					lines = append(lines, line)
				}
			}
			if len(lines) > 0 {
				blocks = append(blocks, lines)
			}
		}
	}
	return blocks
}

func must(err error) {
	if err != nil {
		panic("sample: " + err.Error())
	}
}

func join(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n")
}

func targetText(targets []Target) string {
	var b strings.Builder
	for i, t := range targets {
		if i > 0 {
			b.WriteString("；")
		}
		b.WriteString(t.Name + " " + t.Wanted)
		if t.Present != "" {
			b.WriteString("（现在 " + t.Present + "）")
		}
	}
	return b.String()
}
