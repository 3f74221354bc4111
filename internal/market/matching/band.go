package matching

// Band is what a score is worth, in words.
type Band int

// The bands, from nothing to shown first.
const (
	Under Band = iota // under the line: shown on request only
	Low
	Middle
	High
)

// String is the band's Chinese name; "" under the line.
func (b Band) String() string { return bands[b].name }

// Calibration is what was measured of a band: of Pairs judged need–document pairs in it Useful were useful (level 2 or 3).
type Calibration struct {
	Band   Band
	From   float64 // the least score
	Pairs  int
	Useful int
}

// CalibratedOn is when and on what the bands were measured, for the quality page.
const CalibratedOn = "2026-11-28，38 条真实企业需求与 12,104 篇摘要的评判"

var bands = [...]struct {
	name          string
	from          float64
	pairs, useful int
}{
	Under:  {"", 0, 290, 5},
	Low:    {"低", .33, 247, 21},
	Middle: {"中", .5, 209, 27},
	High:   {"高", .85, 36, 22},
}

// BandOf is the band of a score.
func BandOf(score float64) Band {
	for b := High; b > Under; b-- {
		if score >= bands[b].from {
			return b
		}
	}
	return Under
}

// Calibrations are the measured bands, the best first, and last what lies under the line.
func Calibrations() []Calibration {
	var out []Calibration
	for b := High; b >= Under; b-- {
		out = append(out, Calibration{b, bands[b].from, bands[b].pairs, bands[b].useful})
	}
	return out
}
