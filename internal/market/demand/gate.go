package demand

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/width"

	"techmarket/internal/market/listing"
)

// gateRule finds a part in running text. The cues are our choice, made on the evaluation needs' way of writing.
type gateRule struct {
	part listing.GatePart
	said func(Content) bool
	cue  *regexp.Regexp
}

const figure = `[^。；;！!？?\n]{0,24}?[0-9一二三四五六七八九十百千两][^，,。；;！!？?\n]{0,12}`

var gateRules = sync.OnceValue(func() []gateRule {
	anyTarget := func(test func(Target) bool) func(Content) bool {
		return func(c Content) bool {
			return slices.ContainsFunc(c.Targets, test)
		}
	}
	cue := regexp.MustCompile
	return []gateRule{
		{
			listing.GatePart{Code: "present", Label: "现值", Path: "targets", Ask: "现在做到多少？例如“目前寿命约 45 天”"},
			anyTarget(func(t Target) bool { return t.Present != "" }),
			cue(`(目前|现在|当前|现有|现状|实际|原来|只有|只能|仅能?|由|从)` + figure + `|[0-9.]+ ?\S{0,4} ?(→|->)`),
		},
		{
			listing.GatePart{Code: "target", Label: "目标值", Path: "targets", Ask: "要做到多少？例如“提高到 90 天以上”"},
			anyTarget(func(t Target) bool { return t.Target != "" }),
			cue(`(要求|目标|希望|需要|力争|预期|期望|达到|降到|降至|降低到|减少到|提高到|提升到|延长到|延长至|提高至|控制在|不低于|不高于|不超过|不大于|不小于|小于|大于|低于|高于|≤|≥|<|>|→)` + figure),
		},
		{
			listing.GatePart{Code: "limits", Label: "限制条件", Path: "limits", Ask: "场地、能耗、环保、原料等有哪些不能突破？没有也请写“无特殊限制”"},
			func(c Content) bool { return c.Limits != "" },
			cue(`(不能|不得|不允许|不可以|不改变|不停产|不增加|必须|只允许|受限|限制|占地|场地|防爆|排放标准|兼容|符合[^。\n]{0,12}(标准|要求))[^。；\n]{0,20}`),
		},
		{
			listing.GatePart{Code: "tried", Label: "已做过的尝试", Path: "tried", Ask: "做过什么、为什么不行？没有做过也请写明"},
			func(c Content) bool { return c.Tried != "" },
			cue(`(试过|尝试|试用|试验过|曾经?|先后|用过|做过|引进过|改造过|请过|效果不(好|佳|理想|明显)|仍(然|未|不)|没有解决|未能|未见效|尚未)[^。；\n]{0,20}`),
		},
		{
			listing.GatePart{Code: "budget", Label: "预算", Path: "budget.minFen", Ask: "愿意投入多少？没有定也可以选“面议”"},
			func(c Content) bool { return c.Budget.Said() },
			cue(`(预算|投入|经费|资金|出资|悬赏|奖金|费用|总价)[^。；\n]{0,16}?[0-9一二三四五六七八九十百千两][^。；\n]{0,6}?(万|元|亿)|(预算|费用|价格)面议`),
		},
		{
			listing.GatePart{Code: "decider", Label: "决策人", Path: "decisionOwner", Ask: "谁来拍板？写职务即可，例如“总工程师”"},
			func(c Content) bool { return c.DecisionOwner != "" },
			cue(`(由|经|需|请)[^。；，\n]{1,12}(决定|决策|拍板|审批|批准|确定)|(总工程师|总工|总经理|董事长|厂长|矿长|理事长|技术总监|技术负责人|决策人)`),
		},
	}
})

// Gate implements listing.Gated: which of the six things that a need must say before others can judge it (docs/rules/listings.md
// §2) it names, be it in their own fields or anywhere in its text.
func (c Content) Gate() []listing.GatePart {
	text := strings.Map(narrowDigit, strings.Join([]string{c.Title, c.Problem, c.Goals, c.Limits, c.Tried, c.Background, c.Reward}, "\n"))
	rules := gateRules()
	out := make([]listing.GatePart, len(rules))
	for i, r := range rules {
		out[i] = r.part
		if out[i].There = r.said(c); !out[i].There {
			if quote := strings.TrimSpace(r.cue.FindString(text)); quote != "" {
				out[i].There, out[i].Quote = true, quote
			}
		}
	}
	return out
}

// narrowDigit makes full-width digits plain; the rest stays as written, because it is quoted.
func narrowDigit(r rune) rune {
	if r >= '０' && r <= '９' {
		return r - '０' + '0'
	}
	return r
}

// Alike says how alike two needs read, 0–1: the shared pairs of characters of titles (two thirds) and problems (one third), each as
// Dice's coefficient. From AlikeFrom on they may be the same need twice (our choice).
func Alike(a, b Content) float64 {
	title, problem := dice(a.Title, b.Title), dice(a.Problem, b.Problem)
	return (2*title + problem) / 3
}

// AlikeFrom is the least Alike at which an author is asked whether it is the same need.
const AlikeFrom = .6

// dice compares two texts by their pairs of characters, signs and spaces left out; at most the first 2,000 characters.
func dice(a, b string) float64 {
	x, y := pairs(a), pairs(b)
	if len(x)+len(y) == 0 {
		return 0
	}
	both, sum := 0, 0
	for p, n := range x {
		both += min(n, y[p])
		sum += n
	}
	for _, n := range y {
		sum += n
	}
	return 2 * float64(both) / float64(sum)
}

func pairs(text string) map[[2]rune]int {
	out := map[[2]rune]int{}
	var last rune
	n := 0
	for _, r := range strings.ToLower(width.Fold.String(text)) {
		if strings.ContainsRune(" \t\n\r，。；：、！？,.;:!?()（）“”\"'《》-—", r) || r == utf8.RuneError {
			continue
		}
		if last != 0 {
			out[[2]rune{last, r}]++
		}
		last = r
		if n++; n == 2000 {
			break
		}
	}
	return out
}

// GatePercent is the share of the six parts that are there, 0–100.
func GatePercent(parts []listing.GatePart) int {
	n := 0
	for _, p := range parts {
		if p.There {
			n++
		}
	}
	return n * 100 / max(len(parts), 1)
}
