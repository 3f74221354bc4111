package matching

import (
	"fmt"
	"math"
	"slices"
	"time"

	"techmarket/internal/foundation/money"
	"techmarket/internal/market/facet"
	"techmarket/search"
)

func judgeSubject(need, d search.Document, s Setting) judged {
	known := 0
	var j judged
	for _, f := range []struct {
		facet, says string
		overlap     func(a, b string) float64
	}{
		{facet.Topic, "同属规划重点方向：", prefixOverlap}, {facet.Field, "技术领域相同：", prefixOverlap}, {facet.Industry, "行业相同：", prefixOverlap},
	} {
		mine, theirs := need.Facets[f.facet], d.Facets[f.facet]
		if len(mine) == 0 {
			continue
		}
		known++
		best, code := 0.0, ""
		for _, a := range mine {
			for _, b := range theirs {
				if o := f.overlap(a, b); o > best {
					best, code = o, b
				}
			}
		}
		j.value += best
		if best == 1 && j.note == "" {
			j.note, j.pro = f.says+s.Name(f.facet, code), true
		}
	}
	if known == 0 {
		return judged{}
	}
	j.applies = true
	j.value /= float64(known)
	if j.value == 0 {
		j.con = "技术领域、行业与需求不同"
	}
	return j
}

// prefixOverlap is 1 for equal codes, else the share of the common prefix; hierarchical codes share more the nearer they are.
func prefixOverlap(a, b string) float64 {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return float64(n) / float64(max(len(a), len(b), 1))
}

func judgeMaturity(need, d search.Document) judged {
	level, least, ok := maturity(need, d)
	if !ok {
		_, wants := wantedMaturity(need, d)
		return judged{applies: wants, con: "没有写明成熟度"}
	}
	if level >= least {
		return judged{value: 1, applies: true, pro: true, note: fmt.Sprintf("成熟度 %d 级，满足不低于 %d 级", level, least)}
	}
	return judged{value: -math.Min(1, float64(least-level)/3), applies: true, con: fmt.Sprintf("成熟度 %d 级，低于要求的 %d 级", level, least)}
}

// wantedMaturity is the least level asked for by whichever side is the need.
func wantedMaturity(a, b search.Document) (int64, bool) {
	if n, ok := a.Numbers[facet.MinMaturity]; ok {
		return n, true
	}
	n, ok := b.Numbers[facet.MinMaturity]
	return n, ok
}

func maturity(a, b search.Document) (level, least int64, ok bool) {
	least, wants := wantedMaturity(a, b)
	level, has := a.Numbers[facet.Maturity]
	if !has {
		level, has = b.Numbers[facet.Maturity]
	}
	return level, least, wants && has
}

// judgeTerms compares budget with price and the ways of cooperation, in either direction.
func judgeTerms(need, d search.Document, s Setting) judged {
	var j judged
	parts := 0
	price, priced := either(need, d, facet.PriceFen)
	lo, hasLo := either(need, d, facet.BudgetMinFen)
	hi, hasHi := either(need, d, facet.BudgetMaxFen)
	if hasHi || hasLo && priced {
		parts++
		switch {
		case !priced:
			j.value += .5 // 面议
			j.note = "价格面议"
		case hasHi && price > hi:
			j.value += math.Max(0, 1-float64(price-hi)/math.Max(1, float64(hi)))
			j.con = "报价 " + wan(price) + " 高于预算 " + wan(hi)
		default:
			j.value++
			j.note, j.pro = "报价在预算之内", true
			if hasLo && price < lo {
				j.note = "报价低于预算下限"
			}
		}
	}
	if mine, theirs := need.Facets[facet.Cooperation], d.Facets[facet.Cooperation]; len(mine) > 0 && len(theirs) > 0 {
		parts++
		if i := slices.IndexFunc(mine, func(c string) bool { return slices.Contains(theirs, c) }); i >= 0 {
			j.value++
			says := "双方都接受" + s.Name(facet.Cooperation, mine[i])
			if j.note != "" {
				says = j.note + "；" + says
			}
			j.note, j.pro = says, true
		} else if j.con == "" {
			j.con = "合作方式不一致"
		}
	}
	if parts == 0 {
		return judged{}
	}
	j.applies = true
	j.value /= float64(parts)
	return j
}

func either(a, b search.Document, name string) (int64, bool) {
	if n, ok := a.Numbers[name]; ok {
		return n, true
	}
	n, ok := b.Numbers[name]
	return n, ok
}

// wan writes an amount in 万元, as people here say it.
func wan(fen int64) string { return money.Fen(fen).Wan() + " 万元" }

func judgeRegion(need, d search.Document, s Setting) judged {
	mine, theirs := need.Facets[facet.League], d.Facets[facet.League]
	if len(mine) == 0 {
		return judged{}
	}
	j := judged{applies: true, value: .2}
	for _, c := range need.Facets[facet.County] {
		if slices.Contains(d.Facets[facet.County], c) {
			return judged{applies: true, value: 1, pro: true, note: "同在" + s.Name(facet.County, c) + "，便于现场对接"}
		}
	}
	for _, c := range mine {
		if slices.Contains(theirs, c) {
			return judged{applies: true, value: .8, pro: true, note: "同在" + s.Name(facet.League, c) + "，便于中试"}
		}
	}
	if len(theirs) == 0 {
		j.value = 0 // outside the region, or unknown
	}
	return j
}

func judgeRecord(d search.Document) judged {
	n, ok := d.Numbers[facet.Record]
	if !ok {
		return judged{}
	}
	j := judged{applies: true, value: share(n, 1000)}
	switch {
	case n >= 800:
		j.pro, j.note = true, fmt.Sprintf("近一年响应率 %d%%", n/10)
	case n < 300:
		j.con = fmt.Sprintf("近一年响应率只有 %d%%", n/10)
	}
	return j
}

// judgeFreshness halves every 180 days since the owner last confirmed the listing, and counts completeness and a right in force.
func judgeFreshness(d search.Document, now time.Time) judged {
	at, ok := d.Numbers[facet.ConfirmedAt]
	if !ok {
		if at, ok = d.Numbers[facet.PublishedAt]; !ok {
			return judged{}
		}
	}
	days := math.Max(0, now.Sub(time.Unix(at, 0)).Hours()/24)
	fresh := math.Exp2(-days / 180)
	j := judged{applies: true, value: fresh}
	if c, ok := d.Numbers[facet.Completeness]; ok {
		j.value = (fresh + share(c, 100)) / 2
		if c >= 80 {
			j.pro, j.note = true, fmt.Sprintf("资料完整度 %d%%", c)
		}
	}
	if until, ok := d.Numbers[facet.IPUntil]; ok && until >= int64(now.Year()) && slices.Contains(d.Facets[facet.IP], "valid") {
		j.pro, j.note = true, fmt.Sprintf("专利有效至 %d 年", until)
	}
	if days > 365 {
		j.con = "超过一年没有更新"
	}
	return j
}

// share is n of full, kept within 0–1 whatever a listing claims.
func share(n, full int64) float64 { return math.Min(1, math.Max(0, float64(n)/float64(full))) }
