package extract

import (
	"testing"
)

// least is what share of the values must be right, in percent.
var least = []struct {
	path  string
	share int
}{{"elements.amountFen", 95}, {"seller.name", 90}, {"buyers.0.name", 90}, {"elements.signedOn", 90}, {"elements.beginsOn", 90},
	{"elements.endsOn", 90}, {"elements.classCode", 90}}

// tally counts over contracts how many values are right, and how many of them shown as sure.
type tally struct{ asked, right, sure map[string]int }

func newTally() tally { return tally{map[string]int{}, map[string]int{}, map[string]int{}} }

// add reads a contract; a sure value that is wrong fails the test.
func (n tally) add(t testing.TB, m made, r Reading) {
	t.Helper()
	for path, want := range m.truth {
		n.asked[path]++
		f, ok := r.Fact(path)
		switch {
		case ok && f.Value == want:
			n.right[path]++
			if f.Sure {
				n.sure[path]++
			}
		case ok && f.Sure:
			t.Errorf("%s: %s is sure and wrong: %q (%s), want %q\n…%s…", m.name, path, f.Value, f.Why, want, f.Quote)
		case testing.Verbose():
			t.Logf("%s: %s: got %q (%s), want %q", m.name, path, f.Value, f.Why, want)
		}
	}
}

// told prints the table and fails what is under its share.
func (n tally) told(t testing.TB, of string) {
	t.Helper()
	for _, l := range least {
		t.Logf("%-8s %-20s right %2d of %2d, sure %2d, wrong and sure 0", of, l.path, n.right[l.path], n.asked[l.path], n.sure[l.path])
		if n.right[l.path]*100 < l.share*n.asked[l.path] {
			t.Errorf("%s: %s: %d of %d right, want %d %%", of, l.path, n.right[l.path], n.asked[l.path], l.share)
		}
	}
}

// Of sixty generated contracts of all five classes at least 95 % of the amounts, 90 % of the parties and of the days are right, and no
// value that is shown as sure is wrong.
func TestRead_SixtyContractsOfAllClasses(t *testing.T) {
	t.Parallel()
	all, n := generate(t), newTally()
	if len(all) != 60 {
		t.Fatalf("%d contracts", len(all))
	}
	for _, m := range all {
		n.add(t, m, Read([]string{m.text}, false))
	}
	n.told(t, "text")
}
