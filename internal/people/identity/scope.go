package identity

import (
	"slices"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// Scope is what an API token may do: read or change what one wing of the API holds. A token has no more than was chosen for it, and
// never more than its person may.
type Scope struct {
	Code  string // wing:read, wing:write
	Label string // Chinese
}

// Scopes lists them in the order of the document. Writing does not include reading.
func Scopes() []Scope {
	return []Scope{
		{"market:read", "读取成果、需求、匹配和导入结果"}, {"market:write", "发布和修改成果、需求，批量导入，查看联系方式"},
		{"trade:read", "读取对接与洽谈"}, {"trade:write", "发起对接、发送消息、提出和接受条件"},
		{"certify:read", "读取合同、受理和登记"}, {"certify:write", "填写和报送合同，办理登记"},
		{"services:read", "读取名录、创新券和融资申请"}, {"services:write", "填报名录，办理名录审核和等级，申请和办理创新券、融资"},
		{"publish:read", "读取活动和本人的安排"}, {"publish:write", "举办活动，报名、签到、约见，填写结果"},
		{"insight:read", "读取统计数据和年度报告"}, {"insight:write", "起草、修改和报送年度报告"},
		{"people:read", "读取本人、单位和成员资料"}, {"people:write", "修改单位资料、成员、邀请和令牌"},
		{"site:read", "读取文件和消息"}, {"site:write", "上传文件，标记消息"},
	}
}

// ReadScopes are those that change nothing.
func ReadScopes() []string {
	var out []string
	for _, s := range AllScopes() {
		if strings.HasSuffix(s, ":read") {
			out = append(out, s)
		}
	}
	return out
}

// AllScopes are the codes of all scopes.
func AllScopes() []string {
	var out []string
	for _, s := range Scopes() {
		out = append(out, s.Code)
	}
	return out
}

// checkScopes: a token has at least one scope; one that a token makes has none that its maker lacks.
func checkScopes(f *fault.Fields, who actor.Actor, scopes []string) []string {
	out := slices.Clone(scopes)
	slices.Sort(out)
	out = slices.Compact(out)
	f.Check(len(out) > 0, "scopes", "required", "请选择令牌可以做什么，至少一项；够用就好")
	all := AllScopes()
	for _, s := range out {
		f.Checkf(slices.Contains(all, s), "scopes", "choose", "没有“%s”这一项，请从列表中选择", s)
		f.Checkf(!who.ByToken() || slices.Contains(who.Scopes, s), "scopes", "beyond", "令牌新建的令牌不能做它自己不能做的事：%s", s)
	}
	return out
}
