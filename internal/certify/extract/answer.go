package extract

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
)

// Answer is what the application and the text say to a question of the checklist. Nobody's answer is 是: what speaks for a rule is shown
// with its place, and a person judges.
type Answer struct {
	No    bool   // nothing speaks for the rule
	Sure  bool   // of No: it may stand as shown; otherwise it is only proposed
	Why   string // what the answer rests on
	Page  int    // of Quote; 0: there is none
	Unit  string // of Page, as of Fact
	Quote string
}

// Place says where the answer was found, as the sheet keeps it.
func (a Answer) Place() string {
	if a.Page == 0 {
		return a.Why
	}
	return fmt.Sprintf("%s（第 %d %s：…%s…）", a.Why, a.Page, a.Unit, a.Quote)
}

// part is how much of a text a look takes in. A contract may promise tests, training and translations beside what it is about: whether
// it is such work shows in its name and its subject.
type part int

const (
	whole part = iota
	subject
)

// look is a question that words in the text answer: none of them, and the rule does not apply.
type look struct {
	code  string // of recognition's findings
	in    part
	words *regexp.Regexp
	named string // the words as they are told to the reader
	judge bool   // words alone settle nothing: 否 is only proposed
}

var looks = []look{
	{code: "approval_missing", named: "审批、许可证、国家秘密、限制进出口",
		words: regexp.MustCompile(`审批|批准文件|许可证|核准|国家秘密|涉密|(?:限制|禁止)(?:出口|进口|类)|出口管制|人类遗传资源|特种设备`)},
	{code: "guarantee_unmet", words: regexp.MustCompile(`担保|保函|抵押|质押|保证金|定金`), named: "担保、保函、抵押、质押、保证金"},
	{code: "other_kind", in: subject, named: "委托加工、勘察、施工、监理、常规检测、翻译、法律、审计",
		words: regexp.MustCompile(`(?:来料|委托)加工|加工(?:服务|承揽|费)|定作|代工|勘察|工程设计|施工|监理|装修|运输服务|租赁|物业|` +
			`(?:委托|常规|例行)(?:检测|检验|测试)|检验检测|检[测验]服务|翻译|法律|会计|审计`)},
	{code: "monopoly_clause", named: "限制改进、无偿回授、限定采购、不得异议",
		words: regexp.MustCompile(`不得(?:自行|擅自)?(?:改进|研究开发|再开发)|限制[^。;]{0,6}改进|改进[^。;]{0,20}无偿|独占(?:性)?回授|` +
			`不得(?:使用|采用|购买|引进|接受)[^。;]{0,16}(?:第三方|他人|其他|竞争|同类)|(?:只能|必须|应当|应)(?:向|从)[^。;]{0,16}(?:购买|采购)|` +
			`不得[^。;]{0,16}(?:提出异议|无效宣告)|搭售|限制[^。;]{0,10}(?:产量|价格|销售)`)},
	{code: "product_trade", words: regexp.MustCompile(`购销|买卖合同|供货|供应商|规格型号|产品(?:名称|型号|数量|说明书)|交货|样本资料`), named: "购销、供货、规格型号、交货"},
	{code: "basic_research", in: subject, words: regexp.MustCompile(`基础(?:理论)?研究|理论研究|机理研究`), named: "基础研究、理论研究"},
	{code: "soft_science", in: subject, words: regexp.MustCompile(`软科学|政策研究|战略研究|管理研究|发展规划|体制|机制研究`), named: "软科学、政策研究、发展规划"},
	{code: "routine_change", in: subject, judge: true, named: "尺寸、复制、仿制、常规测试",
		words: regexp.MustCompile(`尺寸|简单(?:改变|改动|调整)|复制|仿制|常规(?:测试|检测)`)},
	{code: "solution_mastered", judge: true, named: "已掌握、已定型、成熟技术",
		words: regexp.MustCompile(`已(?:经)?(?:完全)?(?:掌握|定型|量产)|成熟(?:的)?(?:技术|产品|方案)|现成`)},
	{code: "public_domain", judge: true, words: regexp.MustCompile(`公有领域|公知技术|已(?:失效|过期|届满)|专利权终止`), named: "公有领域、公知技术、已失效"},
	{code: "economic_analysis", in: subject, words: regexp.MustCompile(`经济(?:效益)?分析|投资回报|财务|市场(?:分析|调研|前景)`), named: "经济分析、财务、市场调研"},
	{code: "legal_advice", in: subject, words: regexp.MustCompile(`法律|律师|合规`), named: "法律、律师、合规"},
	{code: "social_appraisal", in: subject, words: regexp.MustCompile(`社会(?:发展|稳定|评价|风险)|满意度|民意|绩效评价`), named: "社会评价、满意度、绩效评价"},
	{code: "purchase_information", in: subject, words: regexp.MustCompile(`购销信息|供求信息|采购信息|价格信息|询价`), named: "购销信息、采购信息、询价"},
	{code: "routine_processing", in: subject, words: regexp.MustCompile(`加工|定作|来料|代工`), named: "加工、定作、来料"},
	{code: "repair", in: subject, words: regexp.MustCompile(`维修|修理|检修|保养|修缮`), named: "维修、检修、保养"},
	{code: "printing", in: subject, words: regexp.MustCompile(`印刷|印制`), named: "印刷"},
	{code: "advertising", in: subject, words: regexp.MustCompile(`广告|宣传片`), named: "广告"},
	{code: "surveying", in: subject, words: regexp.MustCompile(`测绘|放线|地形测量`), named: "测绘、放线"},
	{code: "standard_testing", in: subject, words: regexp.MustCompile(`标准化测试|(?:常规|例行)(?:检测|检验|测试)|检[测验]报告|送检`), named: "常规检测、检验报告、送检"},
	{code: "construction", in: subject, words: regexp.MustCompile(`勘察|施工|监理|工程设计|设备安装|安装工程`), named: "勘察、施工、监理、工程设计、安装工程"},
	{code: "copying", in: subject, words: regexp.MustCompile(`描晒|晒图|复印`), named: "描晒、复印"},
	{code: "translation", in: subject, words: regexp.MustCompile(`翻译|译文`), named: "翻译"},
	{code: "photography", in: subject, words: regexp.MustCompile(`摄影|摄像|航拍`), named: "摄影、摄像"},
	{code: "compulsory_verification", in: subject, words: regexp.MustCompile(`强制检定|计量检定|校准`), named: "强制检定、校准"},
	{code: "instrument_lease", in: subject, named: "仪器设备的出售、租赁、售后",
		words: regexp.MustCompile(`(?:仪器|设备|机器)[^。;]{0,8}(?:出售|租赁|出租|销售)|用户服务|售后`)},
	{code: "product_use_training", in: subject, words: regexp.MustCompile(`产品使用|设备操作|使用培训|售后`), named: "产品使用、设备操作、售后"},
	{code: "general_staff_training", in: subject, judge: true, words: regexp.MustCompile(`职工|员工|岗前|文化课|普及|通识`), named: "职工、岗前、普及"},
	{code: recognition.TrainingInside, words: regexp.MustCompile(`培训`), named: "培训"},
}

// ordinary are the looks that the exception for unconventional means (认定规则第42条) would lift.
var ordinary = []string{"routine_processing", "repair", "printing", "advertising", "surveying", "standard_testing", "construction"}

// denied ends what stands before a word and takes it back: 不涉及国家秘密, 无需担保.
var denied = regexp.MustCompile(`(?:不(?:涉及|属于|含|包括|包含|需要?|得有)|无(?:需|须)?|没有|未(?:涉及|约定)?|免除?)[^。;,，]{0,6}$`)

// shortest is how many characters a text must have for the absence of a word to say something.
const shortest = 300

var (
	subjectHead = regexp.MustCompile(`(?:标的|技术|服务|研究开发|开发|咨询|转让|许可|培训|项目|合作|委托|工作)(?:的)?(?:目标|内容|范围|要求)[^。;]{0,16}`)
	takesEffect = regexp.MustCompile(`(?:签字|盖章|签订|签署)[^。;]{0,16}(?:之日)?(?:起)?(?:生效|成立)`)
	onCondition = regexp.MustCompile(`(?:批准|审批|备案|核准|登记|许可|到账|收到[^。;]{0,16}|支付[^。;]{0,16})(?:之日)?(?:起|后)(?:方|才|方可)?(?:正式)?生效|附(?:生效|解除)?条件`)
	priceOpen   = regexp.MustCompile(`(?:价款|费用|报酬|金额|单价|总价)[^。;]{0,12}(?:另行|待定|面议|暂定|双方协商|据实)`)
	innerUnit   = regexp.MustCompile(`(?:大学|学院|公司|研究院|研究所|中心|医院)[^公司]{1,14}(?:学院|系|部|处|科|室|课题组|团队|研究所|研究中心|分公司|办事处)$`)
)

// Answers says what the application and the text answer, by the finding's code. A text that is too short, or has pages without text,
// answers only where it says something: what it does not say proves nothing.
func (r Reading) Answers(c contract.Content, files []contract.File) map[string]Answer {
	out := map[string]Answer{}
	for code, line := range contract.Evident(c) {
		out[code] = Answer{No: true, Sure: true, Why: "申请表，" + line.Label + "：" + line.Value}
	}
	r.asked(out, files)
	if r.text == nil {
		return out
	}
	r.text.once.Do(func() { r.text.looked = r.lookAll() }) // the words of a text do not depend on what was typed
	maps.Copy(out, r.text.looked)
	r.exception(out)
	for code, answer := range map[string]func(contract.Content) (Answer, bool){"parties_unclear": r.parties, "unit_unauthorised": r.units,
		"subject_unclear": r.subject, "price_unclear": r.price, "title_mismatch": r.title, "not_effective": r.effect} {
		if a, ok := answer(c); ok {
			out[code] = a
		}
	}
	return out
}

// asked answers about the papers: that each one the sheet asks for is there. Whether it is in order a person sees.
func (r Reading) asked(out map[string]Answer, files []contract.File) {
	if len(files) > 1 {
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
		}
		out["proof_missing"] = Answer{No: true, Why: "所附：" + strings.Join(names, "、") + "；报送时按申请表核对过种类，请看是否合要求"}
	}
}

func (r Reading) lookAll() map[string]Answer {
	out, about := map[string]Answer{}, r.text.subject()
	for _, l := range looks {
		if a, ok := r.look(l, about); ok {
			out[l.code] = a
		}
	}
	return out
}

// look searches the words of a question.
func (r Reading) look(l look, about [][2]int) (Answer, bool) {
	t := r.text
	spans := [][2]int{{0, len(t.all)}}
	where := fmt.Sprintf("全文 %d %s", r.Pages, t.unit)
	if l.in == subject {
		spans, where = about, "合同名称和标的条款"
		if len(spans) < 2 {
			return Answer{}, false // no clause on the subject was found
		}
	}
	for _, s := range spans {
		for _, m := range l.words.FindAllStringIndex(t.all[s[0]:s[1]], -1) {
			from, to := s[0]+m[0], s[0]+m[1]
			if !denied.MatchString(t.all[max(0, from-40):from]) {
				return Answer{Why: "文本有“" + t.all[from:to] + "”，请看是否属于", Page: t.page(from), Unit: t.unit, Quote: t.around(from, to)}, true
			}
		}
	}
	if r.Blank > 0 || t.ocr || utf8.RuneCountInString(t.all) < shortest {
		return Answer{}, false
	}
	return Answer{No: true, Sure: !l.judge, Why: where + "没有“" + l.named + "”等字样"}, true
}

// exception: where no ordinary business was found, there is nothing that unconventional means would lift.
func (r Reading) exception(out map[string]Answer) {
	for _, code := range ordinary {
		if a, ok := out[code]; !ok || !a.No {
			return
		}
	}
	out[recognition.Unconventional] = Answer{No: true, Sure: true, Why: "没有发现常规业务，不需要这项例外"}
}

// same returns the fact of a path where the paper says what was typed.
func (r Reading) same(path, typed string) (Fact, bool) {
	f, ok := r.Fact(path)
	return f, ok && typed != "" && plain(typed) == plain(f.Value)
}

func saying(f Fact, no, sure bool, why string) Answer {
	return Answer{No: no, Sure: sure, Why: why, Page: f.Page, Unit: f.Unit, Quote: f.Quote}
}

// parties: every side is named in the text as in the application, with its code.
func (r Reading) parties(c contract.Content) (Answer, bool) {
	f, ok := r.same("seller.name", c.Seller.Name)
	_, coded := r.same("seller.creditCode", c.Seller.CreditCode)
	for i, b := range c.Buyers {
		_, named := r.same("buyers."+strconv.Itoa(i)+".name", b.Name)
		_, known := r.same("buyers."+strconv.Itoa(i)+".creditCode", b.CreditCode)
		ok, coded = ok && named, coded && known
	}
	if !ok || len(c.Buyers) == 0 {
		return Answer{}, false
	}
	if coded {
		return saying(f, true, f.Sure, "各方名称和统一社会信用代码与申报一致"), true
	}
	return saying(f, true, false, "各方名称与申报一致，代码没有都写明"), true
}

// units: who has a credit code of its own is no inner unit; a name that ends like one is looked at.
func (r Reading) units(c contract.Content) (Answer, bool) {
	for i, p := range append([]contract.Party{c.Seller}, c.Buyers...) {
		path := "seller"
		if i > 0 {
			path = "buyers." + strconv.Itoa(i-1)
		}
		if innerUnit.MatchString(p.Name) {
			return Answer{Why: "“" + p.Name + "”像是内设机构或分支机构，请看授权"}, true
		}
		if _, ok := r.same(path+".creditCode", p.CreditCode); !ok {
			return Answer{}, false
		}
	}
	return Answer{No: true, Sure: true, Why: "各方都有自己的统一社会信用代码，名称不像内设机构"}, true
}

// subject: the clause on the subject is there, with content.
func (r Reading) subject(contract.Content) (Answer, bool) {
	spans := r.text.subject()
	if len(spans) < 2 {
		return Answer{}, false
	}
	s := spans[1]
	return Answer{No: true, Sure: utf8.RuneCountInString(r.text.all[s[0]:s[1]]) > 40 && !r.text.ocr, Why: "有标的条款",
		Page: r.text.page(s[0]), Unit: r.text.unit, Quote: r.text.around(s[0], min(s[1], s[0]+60))}, true
}

// price: figures and capitals agree with each other and with the application, and nothing is left open.
func (r Reading) price(c contract.Content) (Answer, bool) {
	if m := priceOpen.FindStringIndex(r.text.all); m != nil {
		return Answer{
			Why:   "文本有“" + r.text.all[m[0]:m[1]] + "”",
			Page:  r.text.page(m[0]),
			Unit:  r.text.unit,
			Quote: r.text.around(m[0], m[1]),
		}, true
	}
	if f, ok := r.Fact("elements.amountFen"); ok && f.Clash {
		return saying(f, false, false, "价款"+f.Why), true
	}
	f, ok := r.same("elements.amountFen", c.Elements.Amount.String())
	if !ok {
		return Answer{}, false
	}
	return saying(f, true, f.Sure, "价款"+f.Why+"，与申报一致"), true
}

// title: the class that the title names is the claimed one. Words of a class in the name of the project only propose.
func (r Reading) title(c contract.Content) (Answer, bool) {
	f, ok := r.Fact("elements.classCode")
	switch {
	case ok && f.Value == c.Elements.ClassCode:
		return saying(f, true, f.Sure, f.Why+"，与申报类别一致"), true
	case ok && f.Sure:
		return saying(f, false, false, f.Why+"，与申报类别不同"), true
	}
	name := plain(c.Elements.Name)
	var wing []string
	for w, words := range classWords {
		if words.MatchString(name) {
			wing = append(wing, w)
		}
	}
	if len(wing) == 1 && strings.HasPrefix(c.Elements.ClassCode, wing[0]) {
		return Answer{No: true, Why: "合同名称写“" + classWords[wing[0]].FindString(name) + "”，与申报类别相合"}, true
	}
	return Answer{}, false
}

// classWords are what names of projects say of their class, by the class's first two digits.
var classWords = map[string]*regexp.Regexp{
	"01": regexp.MustCompile(`开发|研制|研发`), "02": regexp.MustCompile(`转让|作价|入股`), "03": regexp.MustCompile(`许可`),
	"04": regexp.MustCompile(`咨询|论证|评估|预测|可行性`), "05": regexp.MustCompile(`服务|指导|调试|培训|中介|居间`),
}

// effect: the contract says that it takes effect by signing, and names no condition.
func (r Reading) effect(contract.Content) (Answer, bool) {
	t := r.text
	if m := onCondition.FindStringIndex(t.all); m != nil {
		return Answer{Why: "文本写有生效的条件", Page: t.page(m[0]), Unit: t.unit, Quote: t.around(m[0], m[1])}, true
	}
	if m := takesEffect.FindStringIndex(t.all); m != nil {
		return Answer{No: true, Sure: !t.ocr, Why: "签订即生效", Page: t.page(m[0]), Unit: t.unit, Quote: t.around(m[0], m[1])}, true
	}
	return Answer{No: true, Why: "没有写生效条件，签订即成立"}, r.Blank == 0 && !t.ocr
}

// subject finds what a contract is about: its name, then the clauses whose heads say content, aim or scope, up to 600 bytes each.
func (t *text) subject() (spans [][2]int) {
	head := min(len(t.all), 200)
	for _, f := range t.title() {
		if at := strings.Index(t.all, f.Value); at >= 0 {
			spans = append(spans, [2]int{at, at + len(f.Value)})
		}
	}
	if spans == nil {
		spans = append(spans, [2]int{0, boundary(t.all, head)})
	}
	for _, m := range subjectHead.FindAllStringIndex(t.all, 3) {
		spans = append(spans, [2]int{m[1], boundary(t.all, min(len(t.all), m[1]+600))})
	}
	return spans
}

// boundary is the last place up to at where a character begins.
func boundary(text string, at int) int {
	for at < len(text) && at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}
