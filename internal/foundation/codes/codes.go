// Package codes holds the official code lists as data, the topics of the region's plan, and the check digits of the
// numbers people type.
//
// Every list says its edition, its source and whether that is unverified; codes marked "本平台自定" are our choice
// until the national table is at hand, which is why Item.National is still empty (docs/rules/identifiers.md §1). The
// package refuses to block anybody: a number that fails its check yields a warning that names the mend, never an
// error, and no code is ever corrected by the software (docs/rules/identifiers.md §2).
package codes

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// List names one code list. The lists are part of the program and never change while it runs.
type List string

// The lists.
const (
	ContractClass    List = "contract_class"    // 技术合同类别 01…05 and 0101…0503
	Field            List = "field"             // 技术领域 01…11 with known sub-fields
	IPKind           List = "ip_kind"           // 知识产权
	PlanSource       List = "plan_source"       // 项目计划来源
	SocialGoal       List = "social_goal"       // 社会经济目标 01…13
	PartyNature      List = "party_nature"      // 单位性质
	Payment          List = "payment"           // 支付方式
	EnterpriseScale  List = "enterprise_scale"  // 企业规模: values unknown, so empty; store text, do not check
	Industry         List = "industry"          // 国民经济行业门类 A…T
	TRL              List = "trl"               // 技术成熟度 1…9
	Cooperation      List = "cooperation"       // 合作方式
	Refusal          List = "refusal"           // 不予登记理由 R1…R11
	IntakeRefusal    List = "intake_refusal"    // 不予受理理由
	RevocationGround List = "revocation_ground" // 撤销理由
	CostKind         List = "cost_kind"         // 非技术性费用种类
	Decline          List = "decline"           // 婉拒对接意向的理由
	BrokerLevel      List = "broker_level"      // 技术经纪人等级
	Evaluation44731  List = "evaluation_44731"  // GB/T 44731-2024 heads
	Evaluation45997  List = "evaluation_45997"  // GB/T 45997-2025 heads
)

// Item is one code.
type Item struct {
	Code     string `json:"code"`
	Parent   string `json:"parent,omitempty"` // code one level up, in lists with levels
	Label    string `json:"label"`
	Form     string `json:"form,omitempty"` // code on the registration form, where it differs from Code
	National string `json:"national,omitempty"`
}

// Info says where a list comes from.
type Info struct {
	List       List   `json:"list"`
	Title      string `json:"title"`
	Edition    string `json:"edition"`
	Source     string `json:"source"`
	Unverified bool   `json:"unverified"` // the official text has not been read
	Note       string `json:"note,omitempty"`
}

//go:embed data/*.tsv
var files embed.FS

type table struct {
	info  Info
	items []Item
	at    map[string]int
}

type tables struct {
	order []List
	of    map[List]*table
}

var load = sync.OnceValue(func() tables {
	t := tables{of: map[List]*table{}}
	for _, r := range rows("lists.tsv", 6) {
		id := List(r[0])
		t.order = append(t.order, id)
		t.of[id] = &table{
			info: Info{List: id, Title: r[1], Edition: r[2], Source: r[3], Unverified: r[4] == "yes", Note: r[5]},
			at:   map[string]int{},
		}
	}
	for _, r := range rows("items.tsv", 5) {
		l := t.of[List(r[0])]
		l.at[r[1]] = len(l.items)
		l.items = append(l.items, Item{Code: r[1], Parent: r[2], Label: r[3], Form: r[4]})
	}
	return t
})

func rows(name string, columns int) [][]string {
	b, err := files.ReadFile("data/" + name)
	if err != nil {
		panic("codes: " + err.Error())
	}
	var out [][]string
	for _, line := range strings.Split(strings.TrimRight(string(b), "\n"), "\n")[1:] {
		r := strings.Split(line, "\t")
		if len(r) != columns {
			panic(fmt.Sprintf("codes: %s: %q", name, line))
		}
		out = append(out, r)
	}
	return out
}

// Lists names all lists.
func Lists() []List { return slices.Clone(load().order) }

func (l List) table() *table {
	t := load().of[l]
	if t == nil {
		panic("codes: no list " + string(l))
	}
	return t
}

// Info says where the list comes from.
func (l List) Info() Info { return l.table().info }

// Items lists the codes in official order, a parent before its children.
func (l List) Items() []Item { return slices.Clone(l.table().items) }

// Children lists the codes directly below a parent; with "" the top level.
func (l List) Children(parent string) []Item {
	var out []Item
	for _, it := range l.table().items {
		if it.Parent == parent {
			out = append(out, it)
		}
	}
	return out
}

// Leaves lists the codes that can be chosen: those without children.
func (l List) Leaves() []Item {
	items := l.table().items
	return slices.DeleteFunc(slices.Clone(items), func(it Item) bool {
		return slices.ContainsFunc(items, func(c Item) bool { return c.Parent == it.Code })
	})
}

// Get finds one code.
func (l List) Get(code string) (Item, bool) {
	t := l.table()
	i, ok := t.at[code]
	if !ok {
		return Item{}, false
	}
	return t.items[i], true
}

// Has reports whether the code is in the list.
func (l List) Has(code string) bool {
	_, ok := l.table().at[code]
	return ok
}

// Label returns the Chinese name, or the code itself where it is unknown, so that old data stays readable.
func (l List) Label(code string) string {
	if it, ok := l.Get(code); ok {
		return it.Label
	}
	return code
}

// ClassName names a four-digit class of contract with its group, once where both bear one name.
func ClassName(class string) string {
	if len(class) != 4 {
		return class
	}
	group, own := ContractClass.Label(class[:2]), ContractClass.Label(class)
	if group == own {
		return own
	}
	return group + "（" + own + "）"
}
