package extract

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"techmarket/internal/foundation/money"
)

// made is a generated contract and what it says.
type made struct {
	name, text string
	truth      map[string]string
}

// bookOf is testdata/contracts.json: invented names, wordings of the classes, and layouts that write the same facts as papers do: the
// official form, a letter, an opening sentence, a table without colons, boxes to tick, points, dots in the days, 万元, numbered articles,
// two columns.
type bookOf struct {
	Wordings                       []wording
	Buyers, Sellers, People, Codes []string
	Sums                           []money.Fen
	Layouts                        []struct {
		File    string
		Without []string // paths that this layout does not state
	}
}

// wording of a class: its title, what the sides are called, what is bought.
type wording struct {
	Code, Title, Buyer, Seller, Project, Work, Price string
}

// facts are what a generated contract says, as papers write it.
type facts struct {
	Title, BuyerRole, SellerRole, Project, Work, Price string
	No                                                 int
	Buyer, Seller, Person, BuyerCode                   string
	Plain, Grouped, Wan, Han, HanBare, Tenth, Half     string
	Signed, Begin, End, SignedHan, BeginHan, EndHan    string
	SignedDots, BeginDots, EndDots                     string
	SignedSpelled, BeginSpelled, EndSpelled            string
}

// generate makes sixty contracts: every class in every layout.
func generate(t testing.TB) []made {
	t.Helper()
	raw, err := os.ReadFile("testdata/contracts.json")
	if err != nil {
		t.Fatal(err)
	}
	var book bookOf
	if err := json.Unmarshal(raw, &book); err != nil {
		t.Fatal(err)
	}
	var out []made
	for i, w := range book.Wordings {
		for j, layout := range book.Layouts {
			f, sum := book.facts(w, i*len(book.Layouts)+j)
			page, err := template.ParseFiles(filepath.Join("testdata/layouts", layout.File))
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			if err := page.Execute(&text, f); err != nil {
				t.Fatal(err)
			}
			truth := map[string]string{"seller.name": f.Seller, "buyers.0.name": f.Buyer, "elements.amountFen": sum.String(),
				"elements.signedOn": f.Signed, "elements.beginsOn": f.Begin, "elements.endsOn": f.End, "elements.classCode": w.Code}
			for _, path := range layout.Without {
				delete(truth, path)
			}
			out = append(out, made{w.Code + " " + layout.File, text.String(), truth})
		}
	}
	return out
}

func (b bookOf) facts(w wording, n int) (facts, money.Fen) {
	sum, month := b.Sums[n%len(b.Sums)], n%11+1
	f := facts{Title: w.Title, BuyerRole: w.Buyer, SellerRole: w.Seller, Project: w.Project, Work: w.Work, Price: w.Price, No: 2600 + n,
		Buyer: b.Buyers[n%4], Seller: b.Sellers[(n/2+n)%4], Person: b.People[n%4], BuyerCode: b.Codes[n%2],
		Plain: sum.String(), Grouped: sum.Grouped(), Wan: sum.Wan(), Han: sum.Han(), HanBare: strings.TrimPrefix(sum.Han(), "人民币"),
		Tenth: (sum / 10).Grouped(), Half: (sum / 2).Grouped(),
		Signed: fmt.Sprintf("2026-%02d-%02d", month, n%27+1), Begin: fmt.Sprintf("2026-%02d-01", month+1), End: fmt.Sprintf("2027-%02d-28", month)}
	f.SignedHan, f.BeginHan, f.EndHan = written(f.Signed, "%d年%d月%d日"), written(f.Begin, "%d年%d月%d日"), written(f.End, "%d年%d月%d日")
	f.SignedDots, f.BeginDots, f.EndDots = written(f.Signed, "%d.%d.%d"), written(f.Begin, "%d.%02d.%02d"), written(f.End, "%d.%02d.%02d")
	f.SignedSpelled, f.BeginSpelled, f.EndSpelled = spelt(f.Signed), spelt(f.Begin), spelt(f.End)
	return f, sum
}

func written(day, form string) string {
	var y, m, d int
	_, _ = fmt.Sscanf(day, "%d-%d-%d", &y, &m, &d)
	return fmt.Sprintf(form, y, m, d)
}

// spelt writes a day in Chinese digits: 二〇二六年三月十二日.
func spelt(day string) string {
	digits := []rune("〇一二三四五六七八九")
	two := func(n int) string {
		out := ""
		if n >= 20 {
			out = string(digits[n/10])
		}
		if n >= 10 {
			out += "十"
		}
		if n%10 > 0 {
			out += string(digits[n%10])
		}
		return out
	}
	var y, m, d int
	_, _ = fmt.Sscanf(day, "%d-%d-%d", &y, &m, &d)
	year := ""
	for _, r := range fmt.Sprint(y) {
		year += string(digits[r-'0'])
	}
	return year + "年" + two(m) + "月" + two(d) + "日"
}
