package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Piece is a stretch of two texts set side by side: of both, or only of one.
type Piece struct {
	Text    string
	Was, Is bool // in the first text, in the second
}

// The bounds of a comparison, in differences: what differs more is told as a whole.
const (
	mostSentences = 1200
	mostWords     = 400
)

// Changes sets two texts side by side: sentence by sentence, and word by word where sentences differ. What has Was joins to the first
// text, what has Is to the second. share is how much of both is alike, in percent.
func Changes(before, after string) (pieces []Piece, share int) {
	a, b := sentences(before), sentences(after)
	keep, ok := common(a, b, mostSentences)
	if !ok {
		keep = nil
	}
	add := func(text string, was, is bool) {
		if text == "" {
			return
		}
		if n := len(pieces); n > 0 && pieces[n-1].Was == was && pieces[n-1].Is == is {
			pieces[n-1].Text += text
			return
		}
		pieces = append(pieces, Piece{text, was, is})
	}
	between(a, b, keep, func(gone, come []string) {
		was, is := words(strings.Join(gone, "")), words(strings.Join(come, ""))
		inner, ok := common(was, is, mostWords)
		if !ok {
			inner = nil
		}
		between(was, is, inner, func(gone, come []string) {
			add(strings.Join(gone, ""), true, false)
			add(strings.Join(come, ""), false, true)
		}, func(same string) { add(same, true, true) })
	}, func(same string) { add(same, true, true) })
	alike := 0
	for _, p := range pieces {
		if p.Was && p.Is {
			alike += 2 * len(p.Text)
		}
	}
	if all := len(before) + len(after); all > 0 {
		share = alike * 100 / all
	}
	return pieces, share
}

// between walks two lists along their common elements.
func between(a, b []string, keep [][2]int, changed func(gone, come []string), same func(string)) {
	i, j := 0, 0
	for _, k := range append(keep, [2]int{len(a), len(b)}) {
		if i < k[0] || j < k[1] {
			changed(a[i:k[0]], b[j:k[1]])
		}
		if k[0] < len(a) && k[1] < len(b) {
			same(a[k[0]])
		}
		i, j = k[0]+1, k[1]+1
	}
}

// sentences cuts behind each stop.
func sentences(text string) []string {
	var out []string
	for text != "" {
		i := strings.IndexAny(text, "。；;！？\n")
		if i < 0 {
			return append(out, text)
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		out, text = append(out, text[:i+size]), text[i+size:]
	}
	return out
}

// words cuts into characters, and figures and Latin words as a whole.
func words(text string) []string {
	var out []string
	joined := false
	for _, r := range text {
		whole := unicode.IsDigit(r) || r < unicode.MaxASCII && (unicode.IsLetter(r) || strings.ContainsRune(".,%", r))
		if whole && joined {
			out[len(out)-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		joined = whole
	}
	return out
}

// common finds a longest common subsequence as pairs of places (Myers 1986, O(ND)); ok is false where more than most elements differ.
func common(a, b []string, most int) (pairs [][2]int, ok bool) {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		pairs = append(pairs, [2]int{head, head})
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	middle, ok := fewest(a[head:len(a)-tail], b[head:len(b)-tail], most)
	if !ok {
		return nil, false
	}
	for _, m := range middle {
		pairs = append(pairs, [2]int{m[0] + head, m[1] + head})
	}
	for i := tail; i > 0; i-- {
		pairs = append(pairs, [2]int{len(a) - i, len(b) - i})
	}
	return pairs, true
}

func fewest(a, b []string, most int) (pairs [][2]int, ok bool) {
	n, m := len(a), len(b)
	limit := min(n+m, most)
	reach := make([]int32, 2*limit+3) // the furthest place in a on each diagonal
	at := func(k int) int { return k + limit + 1 }
	var trace [][]int32
	for d := 0; d <= limit; d++ {
		trace = append(trace, append([]int32(nil), reach[at(-d-1):at(d+1)+1]...))
		for k := -d; k <= d; k += 2 {
			x := int(reach[at(k-1)]) + 1
			if k == -d || k != d && reach[at(k-1)] < reach[at(k+1)] {
				x = int(reach[at(k+1)])
			}
			for x < n && x-k < m && x-k >= 0 && a[x] == b[x-k] {
				x++
			}
			reach[at(k)] = int32(x)
			if x >= n && x-k >= m {
				return back(trace, d, n, m), true
			}
		}
	}
	return nil, false
}

// back walks the trace from its end; the pairs come out in order.
func back(trace [][]int32, d, x, y int) [][2]int {
	var out [][2]int
	for ; d > 0; d-- {
		k := x - y
		reach := func(k int) int { return int(trace[d][k+d+1]) }
		from := k - 1
		if k == -d || k != d && reach(k-1) < reach(k+1) {
			from = k + 1
		}
		startX, startY := reach(from), reach(from)-from
		for x > startX && y > startY {
			x, y = x-1, y-1
			out = append(out, [2]int{x, y})
		}
		x, y = startX, startY
	}
	for ; x > 0; x-- {
		out = append(out, [2]int{x - 1, x - 1})
	}
	slices.Reverse(out)
	return out
}
