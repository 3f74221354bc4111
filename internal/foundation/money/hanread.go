package money

import "strings"

// hanValues are the digits of 大写 and of everyday writing.
var hanValues = map[rune]Fen{
	'零': 0, '〇': 0, '○': 0, '一': 1, '壹': 1, '二': 2, '贰': 2, '貳': 2, '两': 2, '三': 3, '叁': 3, '叄': 3, '四': 4, '肆': 4,
	'五': 5, '伍': 5, '六': 6, '陆': 6, '七': 7, '柒': 7, '八': 8, '捌': 8, '九': 9, '玖': 9,
}

// hanPlaces are the places inside a group of four digits.
var hanPlaces = map[rune]Fen{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}

// ParseHan reads an amount in 大写 or everyday Chinese digits up to 元, 角, 分: "人民币叁佰万元整", "二十万元", "壹元零壹分". It is the
// inverse of Han. A text without 元, 角 or 分, with places out of order or with signs that are no part of an amount gives ErrSyntax; more
// than Max gives ErrRange.
func ParseHan(s string) (Fen, error) {
	s = strings.TrimPrefix(strings.Join(strings.Fields(s), ""), "人民币")
	s, negative := strings.CutPrefix(s, "负")
	h := hanReader{digit: -1, place: 10_000, scale: 1_000_000_000}
	for _, r := range s {
		if !h.take(r) {
			return 0, ErrSyntax
		}
		if h.total > Max || h.group > Max {
			return 0, ErrRange
		}
	}
	switch {
	case !h.named || h.digit >= 0 || h.group != 0: // something stands there without its unit
		return 0, ErrSyntax
	case h.total > Max:
		return 0, ErrRange
	case negative:
		return -h.total, nil
	}
	return h.total, nil
}

// hanReader adds the signs up from the left.
type hanReader struct {
	total Fen  // 分 of what has its unit
	group Fen  // whole 元 that wait for 元
	four  Fen  // the group of four digits that is being read
	digit Fen  // the digit that waits for its place; -1: none
	place Fen  // the last place inside the group: places only fall
	scale Fen  // the last of 亿, 万: they only fall
	named bool // 元, 角 or 分 was there
	small Fen  // the last of 角 (10), 分 (1); 0: none
	ended bool // 整
}

func (h *hanReader) take(r rune) bool {
	if h.ended {
		return false
	}
	if v, ok := hanValues[r]; ok {
		if h.digit > 0 {
			return false
		}
		h.digit = v // 零 only fills a gap
		return true
	}
	if p, ok := hanPlaces[r]; ok {
		if h.digit < 0 && p == 10 && h.four == 0 { // 十五万
			h.digit = 1
		}
		if h.named || h.digit <= 0 || p >= h.place {
			return false
		}
		h.four, h.digit, h.place = h.four+h.digit*p, -1, p
		return true
	}
	switch r {
	case '万', '萬':
		return h.close(10_000)
	case '亿', '億':
		return h.close(100_000_000)
	case '元', '圆', '圓':
		if h.named || h.digit < 0 && h.four == 0 && h.group == 0 {
			return false
		}
		whole := h.group + h.four + max(h.digit, 0)
		h.total, h.group, h.four, h.digit, h.named = whole*Yuan, 0, 0, -1, true
		return true
	case '角':
		return h.coin(10)
	case '分':
		return h.coin(1)
	case '整', '正':
		h.ended = h.named && h.digit < 0
		return h.ended
	}
	return false
}

// close ends a group of four with 万 or 亿; 万亿 is a group of its own.
func (h *hanReader) close(scale Fen) bool {
	v := h.four + max(h.digit, 0)
	switch {
	case h.named:
		return false
	case scale == 100_000_000 && v == 0 && h.group > 0: // 一万亿
		if h.group >= 100_000_000 {
			return false
		}
		h.group *= scale
	case v == 0 || scale >= h.scale && h.scale < 100_000_000:
		return false
	default:
		h.group += v * scale
	}
	h.four, h.digit, h.place, h.scale = 0, -1, 10_000, scale
	return true
}

func (h *hanReader) coin(unit Fen) bool {
	if h.digit < 0 || h.small != 0 && unit >= h.small || h.group != 0 || h.four != 0 {
		return false
	}
	h.total, h.digit, h.small, h.named = h.total+h.digit*unit, -1, unit, true
	return true
}
