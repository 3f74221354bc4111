package achievement

import (
	"math/big"
	"regexp"
	"strings"
)

// Change is what a comparison comes to when both its values are numbers of the same unit.
type Change struct {
	Ours, Present float64
	Unit          string
	Points        bool    // both are shares: By counts percentage points
	By            float64 // of the present value, in percent, or in points; below zero: less
}

// figure is one number with the sign that limits it (≥70, 不低于 70) and what stands behind it.
var figure = regexp.MustCompile(`^(?:[≥≤><＞＜≧≦~～约]|不低于|不高于|不超过|不少于|大于|小于|低于|高于)?\s*([+\-−]?\d{1,12}(?:\.\d{1,6})?)\s*(\D*)$`)

// Change compares both values; ok is false where one is no single number, their units differ, or nothing changed. Whether more is better
// is not ours to say: the owner lists what speaks for the achievement and what does not.
func (a Advantage) Change() (c Change, ok bool) {
	ours, unit, known := number(a.Ours)
	present, other, knownToo := number(a.Present)
	if !known || !knownToo || unit != other || ours == present {
		return Change{}, false
	}
	c = Change{Ours: ours, Present: present, Unit: unit}
	if c.Unit == "" {
		c.Unit = strings.TrimSpace(a.Unit)
	}
	if c.Unit == "%" || c.Unit == "％" {
		c.Points, c.By = true, ours-present
		return c, true
	}
	if present <= 0 || ours < 0 {
		return Change{}, false
	}
	c.By = (ours - present) / present * 100
	return c, true
}

func number(s string) (value float64, unit string, ok bool) {
	m := figure.FindStringSubmatch(strings.ReplaceAll(strings.TrimSpace(s), ",", ""))
	if m == nil {
		return 0, "", false
	}
	r, ok := new(big.Rat).SetString(strings.Replace(m[1], "−", "-", 1))
	if !ok {
		return 0, "", false
	}
	value, _ = r.Float64()
	return value, strings.TrimSpace(m[2]), true
}
