package recognition

import (
	"slices"
	"sync"
	"time"

	"techmarket/internal/foundation/clock"
)

// Rule is one rule of the book, readable by a registrar. Answering its question with 是 is its finding.
type Rule struct {
	ID       string   `json:"id"`                // the finding's code, or the name of a rule read from the facts
	Question string   `json:"question"`          // for the checklist, in Chinese; 是 = the rule applies
	Classes  []string `json:"classes,omitempty"` // class prefixes it applies to; empty: all
	Outcome  Outcome  `json:"outcome"`           // Register: the finding refuses nothing by itself
	Reason   string   `json:"reason,omitempty"`  // R-code
	Articles []string `json:"articles,omitempty"`
	Law      string   `json:"law"`  // the text the articles belong to
	Mend     string   `json:"mend"` // what the applicant can do, for the paper
	LiftedBy string   `json:"liftedBy,omitempty"`
	Finding  bool     `json:"finding"` // asked at the desk; otherwise read from the facts of the application
	Cases    []string `json:"cases"`   // acceptance cases that test it

	everywhere bool // the finding decides under every class, and is asked under its own
	holds      func(Application) bool
}

// Applies reports whether the rule is asked for a contract of that class.
func (r Rule) Applies(class string) bool {
	return len(r.Classes) == 0 || inClass(class, r.Classes...)
}

// decides reports whether the rule counts for the class. What was found counts under whatever class the contract was filed:
// processing stays processing where it is called development.
func (r Rule) decides(class string) bool { return r.everywhere || r.Applies(class) }

// AskedFirst are the reasons that a desk holds against nobody without having asked, whatever the sheet says: a seal can be put on (R8),
// and what the list does not name (R9) must have been told in words.
func AskedFirst(reason string) bool { return reason == "R8" || reason == "R9" }

// Mendable reports whether a reason belongs to faults that are corrected before they are refused.
func Mendable(reason string) bool {
	return AskedFirst(reason) || slices.ContainsFunc(book(), func(r Rule) bool { return r.Outcome == Correct && r.Reason == reason })
}

// ArticlesOf are the articles of the 认定规则 behind reasons: of the rules that decided; where none of them gives the reason, of those of
// the book that ask for a correction with it. Each once, never nil.
func ArticlesOf(reasons []string, decided []Rule) []string {
	out := []string{}
	for _, reason := range reasons {
		of := func(rules []Rule, when func(Rule) bool) (found []string) {
			for _, r := range rules {
				if r.Reason == reason && r.Law == lawRules && when(r) {
					found = append(found, r.Articles...)
				}
			}
			return found
		}
		articles := of(decided, func(Rule) bool { return true })
		if len(articles) == 0 {
			articles = of(book(), func(r Rule) bool { return r.Outcome == Correct || r.Reason == "R8" })
		}
		for _, a := range articles {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// Findings that change other rules or the way of the case.
const (
	Unconventional = "unconventional_separate"
	TrainingInside = "training_inside"
	Disputed       = "disputed"
)

const (
	lawRules    = "技术合同认定规则（2001）"
	lawMeasures = "技术合同认定登记管理办法（2000）"
	lawPractice = "登记实践"
)

// pendingRight is the transfer of a patent application: nothing is granted yet.
const pendingRight = "0203"

var patents = []string{"invention", "utility_model", "design"}

// rightsOf are the kinds of right that a class of transfer or licence can be about; a class without a row is about any (0208).
var rightsOf = map[string][]string{
	"0201": {"know_how"}, "0202": patents, pendingRight: patents, "0204": {"software"}, "0205": {"layout"}, "0206": {"plant_variety"},
	"0207": {"biomedical"}, "0301": patents, "0302": {"know_how"}, "0303": {"software"}, "0304": {"layout"}, "0305": {"plant_variety"},
}

// Fits reports whether a right of that kind can be what a contract of the class is about.
func Fits(class, kind string) bool {
	kinds, ok := rightsOf[class]
	return !ok || slices.Contains(kinds, kind)
}

var registeredRights = []string{"invention", "utility_model", "design", "layout", "plant_variety"}

// taxedRights are the rights whose transfer or long licence may count for income tax (财税〔2010〕111号); know-how is
// not among them.
var taxedRights = append(slices.Clone(registeredRights), "software", "biomedical")

var book = sync.OnceValue(func() []Rule {
	fact := func(id string, o Outcome, reason, law string, articles []string, question, mend string, holds func(Application) bool,
		cases ...string) Rule {
		return Rule{ID: id, Outcome: o, Reason: reason, Law: law, Articles: articles, Question: question, Mend: mend, holds: holds, Cases: cases}
	}
	finding := func(id string, o Outcome, reason string, articles []string, question, mend string, cases ...string) Rule {
		return Rule{
			ID:       id,
			Outcome:  o,
			Reason:   reason,
			Law:      lawRules,
			Articles: articles,
			Question: question,
			Mend:     mend,
			Finding:  true,
			Cases:    cases,
			holds:    func(a Application) bool { return slices.Contains(a.Findings, id) },
		}
	}
	in := func(r Rule, classes ...string) Rule { r.Classes = classes; return r }
	all := func(r Rule, classes ...string) Rule { r.Classes, r.everywhere = classes, true; return r }
	art := func(s ...string) []string { return s }
	// Article 42(1): ordinary work, unless separately signed with unconventional means.
	ordinary := func(id, question string, cases ...string) Rule {
		r := all(finding(id, Refuse, "R2", art("42-1"), question, "常规手段的一般性业务不属于技术服务；单独订立、以非常规手段解决复杂特殊技术问题的，请写明理由后再申请", cases...), "05")
		r.LiftedBy = Unconventional
		return r
	}
	const notService = "该项内容不属于技术服务；合同另有技术服务部分的，可单独订立后申请"
	const notConsulting = "该项内容不属于技术咨询；就特定技术项目所作的分析、论证、预测可单独订立后申请"

	return []Rule{
		// Before acceptance.
		fact("oral", NotAccept, "R1", lawMeasures, art("9"), "合同是否为口头订立，没有书面文本？", "请订立书面合同（可采用示范文本或电子合同）后再申请",
			func(a Application) bool { return a.Medium == Oral }, "B4d"),
		fact("wrong_area", NotAccept, "", lawMeasures, art("8"), "卖方（技术进口为买方）所在地是否不归本登记点受理？", "请到所列登记点申请",
			func(a Application) bool { right := a.rightPoint(); return right == "" || right != a.Point }, "B5"),
		fact("outside_validity", NotAccept, "R11", lawPractice, nil, "申请日是否在合同生效之前或有效期届满之后？", "请在合同有效期内申请；合同已续签的，请附续签文本",
			func(a Application) bool {
				return !a.Change && (a.Applied < a.Signed || a.Applied < a.Begins || a.Applied > a.Ends)
			}, "B7"),

		// The contract as such.
		fact("duplicate", Refuse, "R10", lawPractice, nil, "同一合同是否已在任一登记点申请或登记？", "同一合同只登记一次；内容有变更的，请到原登记点办理变更",
			func(a Application) bool { return a.Duplicate }, "B6"),
		fact("price_open", Correct, "R3", lawRules, art("15"), "合同价款是否空缺？", "请补充约定合同价款；按提成支付的，请至少写明固定部分",
			func(a Application) bool { return a.Amount == nil || *a.Amount <= 0 }, "B1", "B1b"),
		fact("costs_exceed_price", Correct, "R3", lawRules, art("15"), "费用明细是否达到或超过合同成交额，没有留下技术交易额？", "请核对合同成交额与费用明细，分别写明技术部分与货物部分的价款",
			func(a Application) bool {
				if a.Amount == nil || *a.Amount <= 0 {
					return false
				}
				amounts, err := Policy{}.Compute(a.Class, *a.Amount, a.Costs, a.Biological, a.Tied)
				return err != nil || !amounts.Coherent()
			}, "E1"),
		finding("parties_unclear", Refuse, "R3", art("15"), "合同主体是否不明确？", "请明确当事人后重新订立合同", "E2"),
		finding("subject_unclear", Refuse, "R3", art("15"), "合同标的是否不明确？", "请明确技术标的的内容、指标与成果形式后重新订立合同", "E2"),
		finding("price_unclear", Refuse, "R3", art("15"), "价款、报酬或使用费的约定是否不明确？", "请明确价款及其构成后重新订立合同", "E2"),
		finding("approval_missing", Refuse, "R4", art("12", "13"), "依法应当审批或许可而未取得文件？", "请取得审批或许可文件后再申请", "E3"),
		finding("title_mismatch", Correct, "R5", art("17"), "合同名称与约定的权利义务是否不一致？", "请按合同内容更正名称或合同类别", "B2", "B2b"),
		finding("not_effective", Refuse, "R1", art("8"), "合同是否尚未生效（附条件、须批准而未批准等）？", "请在合同生效后再申请", "F1"),
		finding("guarantee_unmet", Refuse, "R1", art("16"), "约定的担保条件是否没有满足？", "请在担保条件满足后再申请", "F1"),
		finding("unit_unauthorised", Correct, "R7", art("9"), "当事人是否为法人的内设机构，而没有法人的书面授权？", "请补交法人的书面授权", "F2"),
		finding("plan_consent_missing", Correct, "R7", art("10"), "列入政府计划的项目是否没有计划主管部门的文件？", "请补交计划主管部门的文件", "F2"),
		finding("other_kind", Refuse, "R2", art("5"), "是否实为其他种类的合同（加工、勘察设计施工、常规测试、翻译、法律意见、一般经济分析等，下面没有单列的）？",
			"其他合同不予登记；其中的技术部分可单独订立合同后申请", "F3"),
		finding("monopoly_clause", Refuse, "R6", art("18"), "是否有非法垄断技术、妨碍技术进步的条款（限制改进、无偿独占回授等）？", "请删除或修改该条款后重新订立合同", "B3"),
		finding("proof_missing", Correct, "R7", art("7"), "应当出具的证明文件是否缺少或不合要求？", "请补交所列证明文件", "E4"),
		finding("seal_mismatch", Refuse, "R8", art("8"), "印章是否不齐，或与当事人名称不一致？", "请加盖与名称一致的印章后再申请", "E3"),
		finding("product_trade", Refuse, "R2", art("5", "32"), "是否实为产品购销，或只附带说明书、样本等资料？", "购销合同不予登记；其中的技术服务可单独订立合同后申请", "A8"),

		// Development.
		finding("basic_research", Refuse, "R2", art("22"), "是否为纯基础理论研究？", "纯基础研究不属于技术开发合同", "B4a"),
		finding("soft_science", Refuse, "R2", art("22"), "是否为软科学研究？", "软科学研究不属于技术开发合同", "B4b"),
		in(finding("routine_change", Refuse, "R2", art("24"), "是否只是尺寸、参数、排列的简单改变，或常规测试、复制？", "没有新的技术开发内容；属技术服务的，可按技术服务申请", "B4c"), "01"),
		in(finding("solution_mastered", Refuse, "R2", art("24"), "签订合同时是否已掌握全部技术方案？", "已掌握的技术可按技术转让、许可或技术服务申请", "E5"), "01"),

		// Transfer and licence.
		in(fact("certificate_missing", Correct, "R7", lawRules, art("29"), "专利、布图设计、植物新品种的权利证明是否缺少？", "请补交权利证书复印件（专利申请权为受理通知书）",
			func(a Application) bool { return slices.Contains(registeredRights, a.IP.Kind) && !a.IP.Certificate }, "A4b", "A4c"), "02", "03"),
		in(finding("certificate_differs", Correct, "R7", art("29"), "权利证明是否与合同标的或权利人不一致？", "请补交与标的一致的权利证明，或权利人同意的文件", "F2"), "02", "03"),
		in(fact("class_right_mismatch", Correct, "R5", lawRules, art("17"), "合同类别与知识产权的种类是否不符？", "请按转让或许可的权利改正合同类别，或补填知识产权",
			func(a Application) bool { return !Fits(a.Class, a.IP.Kind) }, "F4"), "02", "03"),
		in(fact("ownership_open", Correct, "R3", lawRules, art("26"), "是否没有约定知识产权和后续改进成果的归属？", "请补充约定知识产权和后续改进成果的归属",
			func(a Application) bool { return !a.IP.OwnershipAgreed }, "F5"), "02", "03"),
		in(fact("licence_beyond_contract", Correct, "R3", lawRules, art("15"), "许可年限是否长于合同的有效期？", "请核对许可年限与合同有效期，两者应当一致",
			func(a Application) bool { return a.Licence != nil && beyond(a.Begins, a.Ends, a.Licence.Years) }, "F6"), "03"),
		in(fact("right_lapsed", Refuse, "R2", lawRules, art("29", "31"), "转让或许可的权利是否已经失效？", "已失效的权利进入公有领域，不能作为转让或许可的标的；可按技术咨询或技术服务申请",
			func(a Application) bool {
				return slices.Contains(taxedRights, a.IP.Kind) && !a.IP.Valid && a.Class != pendingRight
			}, "A4d"), "02", "03"),
		in(finding("public_domain", Refuse, "R2", art("31"), "标的是否为公有领域的技术？", "公有领域的技术可改按技术咨询或技术服务申请", "E5 许可"), "02", "03"),

		// Consulting.
		all(finding("economic_analysis", Refuse, "R2", art("38"), "是否为一般经济分析？", notConsulting, "A6b"), "04"),
		all(finding("legal_advice", Refuse, "R2", art("38"), "是否为法律咨询？", notConsulting, "A6b"), "04"),
		in(finding("social_appraisal", Refuse, "R2", art("38"), "是否为社会发展等非技术项目的评价？", notConsulting, "F3 评价"), "04"),
		all(finding("purchase_information", Refuse, "R2", art("38"), "是否只是提供购销信息？", notConsulting, "E5 咨询"), "04"),

		// Service.
		ordinary("routine_processing", "是否为常规加工、定作？", "A9"),
		ordinary("repair", "是否为常规修理、修缮？", "E6"),
		ordinary("printing", "是否为印刷？", "A10"),
		ordinary("advertising", "是否为广告制作或发布？", "A10b"),
		ordinary("surveying", "是否为常规测绘？", "A12a", "A12b"),
		ordinary("standard_testing", "是否为标准化测试？", "E6"),
		ordinary("construction", "是否为常规勘察、设计、安装、施工、监理？", "E6"),
		{ID: Unconventional, Question: "是否单独订立，并以非常规技术手段解决复杂、特殊的技术问题？", Classes: []string{"05"}, Outcome: Register, Articles: art("42-1"),
			Law: lawRules, Mend: "登记员须写明理由", Finding: true, Cases: []string{"A12b"}},
		finding("copying", Refuse, "R2", art("42-2"), "是否为图纸描晒、复印？", notService, "A11a"),
		finding("translation", Refuse, "R2", art("42-2"), "是否为资料翻译？", notService, "A11b"),
		finding("photography", Refuse, "R2", art("42-2"), "是否为摄影、摄像？", notService, "A11c"),
		finding("compulsory_verification", Refuse, "R2", art("42-3"), "是否为强制计量检定？", notService, "A11d"),
		finding("instrument_lease", Refuse, "R2", art("42-4"), "是否为仪器设备的出售、租赁或用户服务？", notService, "A11e"),
		in(finding("intermediary_unclear", Correct, "R3", art("47"), "中介服务是否既没有单独的合同，也没有在主合同中写明条款？", "请补充中介合同或中介条款", "F7"), "0502"),
		in(finding("intermediary_with_main", Refuse, "R10", art("47"), "这项中介是否已随主合同一并登记？", "已随主合同登记的，不再单独登记", "F7"), "0502"),
		in(fact("training_in_training", Refuse, "R2", lawRules, art("45"), "单独申请的培训是否只是另一合同的一部分？", "属于转让、开发等合同一部分的培训随主合同认定，不单独登记",
			func(a Application) bool { return slices.Contains(a.Findings, TrainingInside) }, "F8"), "0503"),
		in(finding("product_use_training", Refuse, "R2", art("46"), "是否为售出产品的使用培训？", "随产品销售的培训不属于技术培训合同", "A13b"), "0503"),
		in(finding("general_staff_training", Refuse, "R2", art("46"), "是否为一般职工的文化、职业培训？", "技术培训须针对特定技术人员和特定技术", "E5 培训"), "0503"),
		{ID: TrainingInside, Question: "培训是否为本合同的一部分？", Outcome: Register, Articles: art("45"), Law: lawRules,
			Mend: "随主合同一并认定，不单独登记", Finding: true, Cases: []string{"A13c"}},
		{ID: Disputed, Question: "认定是否有争议，需要专家评议？", Outcome: Register, Law: "2024 征求意见稿第 14 条（本平台沿用）",
			Mend: "提交专家评议", Finding: true, Cases: []string{"E7"}},
	}
})

// beyond reports whether a term of years does not fit between two days. A year counts as 365 days, and the last day may belong to
// the term or not.
func beyond(begins, ends Date, years float64) bool {
	from, err1 := time.Parse(time.DateOnly, string(begins))
	to, err2 := time.Parse(time.DateOnly, string(ends))
	return err1 == nil && err2 == nil && years*365 > float64(clock.Days(from, to))+1
}

// Rules lists the book in the order of the checklist.
func Rules() []Rule { return slices.Clone(book()) }

// Checklist lists the questions that the desk answers for a contract of that class.
func Checklist(class string) []Rule {
	return slices.DeleteFunc(Rules(), func(r Rule) bool { return !r.Finding || !r.Applies(class) })
}

// IsFinding reports whether the code is a finding of the book.
func IsFinding(code string) bool {
	return slices.ContainsFunc(book(), func(r Rule) bool { return r.Finding && r.ID == code })
}
