// Package words holds the Chinese words of the site for codes of the domain: states, events, facets, parts. It is tables only, one
// file a wing; a domain package speaks in codes.
package words

import (
	"strings"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/services/register"
)

// sentences are the fuller words of a refusal that carries codes of the house, in the order of the codes.
func sentences(code string) fault.Sentence {
	return map[string]fault.Sentence{
		"listing_event":     "您不能%s这条信息",
		"listing_state":     "这条信息现在是“%s”，不能%s，请刷新页面",
		"wrong_state":       "现在是“%s”，不能%s。请刷新页面查看最新状态",
		"wrong_part":        "%s由%s办理，您在本件中没有这一身份",
		"part_taken":        "您已作为%s办理过本件，不能再作为%s。请由其他人员办理",
		"register_state":    "现在是“%s”，这一步不能办理。请刷新页面查看",
		"register_fixed":    "现在是“%s”，不能修改。请先撤回提交，或等审核结束",
		"list_not_standing": "%s“%s”，不能列入清单",
	}[code]
}

// Fault says a fault in full where its codes have words here; any other stays as it came. The fault itself may be shared and is never
// changed.
func Fault(f *fault.Error) *fault.Error {
	format := sentences(f.Code)
	if format == "" || len(f.Codes) != strings.Count(string(format), "%s") {
		return f
	}
	full := *f
	full.Format, full.Params = format, make([]any, len(f.Codes))
	for i, c := range f.Codes {
		full.Params[i] = code(c)
	}
	full.Message = format.Say(full.Params...)
	return &full
}

func code(p any) any {
	switch c := p.(type) {
	case listing.State:
		return ListingState(c)
	case listing.Event:
		return ListingEvent(c)
	case registry.State:
		return FilingState(c)
	case registry.Event:
		return FilingEvent(c)
	case registry.Part:
		return Part(c)
	case register.State:
		return RegisterState(c)
	default:
		return p
	}
}

// label is the word of a code; a code without one shows itself, which a test of the tables notices.
func label[K ~string](table map[K]string, code K) string {
	if word, ok := table[code]; ok {
		return word
	}
	return string(code)
}
