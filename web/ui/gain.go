package ui

import (
	"fmt"
	"math"
	"strconv"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/view"
)

// GainOf is the one figure that an achievement is shown with: the first of the owner's comparisons whose values are numbers. nil: none is.
func GainOf(c *web.Ctx, k achievement.Content) *view.Gain {
	for _, a := range k.Advantages {
		if change, ok := a.Change(); ok {
			return &view.Gain{Name: a.Name, From: plainNumber(change.Present), To: plainNumber(change.Ours), Unit: change.Unit,
				Change: ChangeWords(c, change)}
		}
	}
	return nil
}

// targetOf is the first target of a need that is a number, with the present value where it is one of the same unit.
func targetOf(k demand.Content) *view.Gain {
	for _, g := range k.Targets {
		if change, ok := (achievement.Advantage{Ours: g.Target, Present: g.Present, Unit: g.Unit}).Change(); ok {
			return &view.Gain{Name: g.Name, From: plainNumber(change.Present), To: plainNumber(change.Ours), Unit: change.Unit}
		}
		if g.Target != "" && len([]rune(g.Target)) <= 8 {
			return &view.Gain{Name: g.Name, To: g.Target, Unit: g.Unit}
		}
	}
	return nil
}

// thumbOf is the first picture of a listing, or its field.
func thumbOf(field string, files []listing.Attachment) *view.Thumb {
	for _, f := range files {
		if f.Role == listing.FilePicture {
			return &view.Thumb{Src: fmt.Sprintf("/files/%d", f.FileID)}
		}
	}
	return &view.Thumb{Icon: FieldIcon(field), Label: codes.Field.Label(field[:min(2, len(field))])}
}

// ChangeWords says by how much: 降低 88%, 提高 35 个百分点.
func ChangeWords(c *web.Ctx, change achievement.Change) string {
	by := strconv.FormatFloat(roundedBy(math.Abs(change.By)), 'f', -1, 64)
	switch {
	case change.Points && change.By < 0:
		return c.T("降低 %s 个百分点", by)
	case change.Points:
		return c.T("提高 %s 个百分点", by)
	case change.By < 0:
		return c.T("降低 %s%%", by)
	}
	return c.T("提高 %s%%", by)
}

// roundedBy keeps one decimal below ten.
func roundedBy(by float64) float64 {
	if by < 10 {
		return math.Round(by*10) / 10
	}
	return math.Round(by)
}

func plainNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// FieldIcon is the drawing of a technical field, where a listing has no picture; codes.Field, its first two digits.
func FieldIcon(field string) string {
	icons := map[string]string{"01": "network", "02": "send", "03": "settings", "04": "badge-check", "05": "columns-3", "06": "lightbulb",
		"07": "refresh-cw", "08": "hash", "09": "map", "10": "map-pin", "11": "building-2"}
	if icon, ok := icons[field[:min(2, len(field))]]; ok {
		return icon
	}
	return "lightbulb"
}
