package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/services/register"
)

// subject is what people and services of the sample market are about. All names that come of it are invented and say 样例.
type subject struct {
	field, noun string
	words       []string
	process     string // of a pilot platform
	tests       []string
}

func subjects() []subject {
	return []subject{
		{"05", "稀土永磁", []string{"稀土永磁", "晶界扩散", "磁体", "稀土分离"}, "smelting", []string{"磁性能", "成分分析", "金相"}},
		{"06", "风电运维", []string{"风电叶片", "叶片检测", "齿轮箱", "风电"}, "electronics", []string{"振动", "超声探伤", "疲劳"}},
		{"06", "光伏储能", []string{"光伏", "储能", "逆变器", "电池"}, "energy", []string{"充放电循环", "热失控", "组件功率"}},
		{"06", "氢能", []string{"电解水制氢", "氢能", "储氢", "绿氢"}, "energy", []string{"气体纯度", "密封", "电解效率"}},
		{"07", "煤化工废水", []string{"煤化工", "高盐废水", "结晶盐", "废水"}, "separation", []string{"水质全项", "盐分", "有机物"}},
		{"09", "乳品加工", []string{"乳品", "益生菌", "奶酪", "发酵乳"}, "fermentation", []string{"菌落", "蛋白", "脂肪酸"}},
		{"09", "肉羊繁育", []string{"肉羊", "繁育", "育肥", "羔羊"}, "food", []string{"基因分型", "肉质", "精液活力"}},
		{"09", "饲草", []string{"苜蓿", "青贮", "饲草", "草种"}, "food", []string{"粗蛋白", "霉菌毒素", "发芽率"}},
		{"09", "马铃薯", []string{"马铃薯", "脱毒种薯", "淀粉", "晚疫病"}, "food", []string{"病毒检测", "淀粉含量"}},
		{"05", "石墨与碳材料", []string{"石墨", "石墨烯", "负极材料", "碳纤维"}, "powder", []string{"比表面积", "粒度", "导电"}},
		{"06", "冶金节能", []string{"余热", "转炉", "烟气", "冶金"}, "smelting", []string{"烟气成分", "热平衡"}},
		{"04", "蒙药", []string{"蒙药", "质量标准", "提取", "药材"}, "fermentation", []string{"含量测定", "重金属", "指纹图谱"}},
		{"07", "荒漠治理", []string{"沙地", "固沙", "植被", "盐碱地"}, "separation", []string{"土壤盐分", "遥感"}},
		{"01", "矿山智能化", []string{"矿山", "无人矿卡", "边坡监测", "智能"}, "electronics", []string{"位移", "瓦斯"}},
		{"03", "重型装备", []string{"重型卡车", "锻造", "热处理", "装备"}, "smelting", []string{"硬度", "残余应力"}},
		{"01", "算力与数据", []string{"算力", "数据中心", "液冷", "数据治理"}, "electronics", []string{"能效", "网络时延"}},
	}
}

type registerSample struct {
	kind  register.Kind
	n     int
	of    []actor.OrgKind
	make  func(i int, s subject) (string, register.Content)
	level string // given to every third
	mark  string
}

func (l *loader) day(days int) string { return l.end.AddDate(0, 0, days).Format(time.DateOnly) }

func pick(i int, from ...string) string { return from[i%len(from)] }

var reach = register.Content{"address": {"样例大街1号"}, "contactName": {"样例联系人"}, "contactPhone": {"0471-0000000"}}

// planRegisters puts sample entries on every register, in every state, through the owner's and the desk's hands.
func (l *loader) planRegisters() {
	all := subjects()
	for k, r := range l.registerSamples() {
		n := r.n
		if l.limit > 0 {
			n = min(n, 2*l.limit)
		}
		owners := l.ownersOf(r.of)
		for i := range n {
			if len(owners) == 0 {
				break
			}
			who := owners[(i*7+k*3)%len(owners)]
			if r.kind == "expert" || r.kind == "specialist" {
				who = owners[(i+k*11)%len(owners)]
			}
			name, content := r.make(i, all[(i+k)%len(all)])
			for code, v := range reach {
				if d, ok := l.Registers.Kinds().Get(r.kind); ok && content[code] == nil {
					if _, has := d.Field(code); has {
						content[code] = v
					}
				}
			}
			l.planEntry(r, i, who, register.Input{Name: name, Content: content, Self: true})
		}
	}
}

func (l *loader) ownersOf(kinds []actor.OrgKind) (out []actor.Actor) {
	for _, p := range l.market.People {
		a := l.actors[p.Key]
		if a.Member() && a.OrgState == actor.Confirmed && slices.Contains(kinds, a.OrgKind) &&
			p.Role != sample.RoleExpert {
			out = append(out, a)
		}
	}
	return out
}

func (l *loader) planEntry(r registerSample, i int, who actor.Actor, in register.Input) {
	at := l.end.AddDate(0, 0, -20-(i*37)%330)
	var e register.Entry
	do := func(a actor.Actor, event register.Event, more func(*register.Command)) func(context.Context) error {
		return func(ctx context.Context) (err error) {
			c := register.Command{ID: e.ID, Event: event}
			if more != nil {
				more(&c)
			}
			if e, err = l.Registers.Do(ctx, a, c); err != nil {
				return l.refused(fmt.Sprintf("名录 %s %s", r.kind, in.Name), err)
			}
			return nil
		}
	}
	l.then(at, func(ctx context.Context) (err error) {
		if e, err = l.Registers.Create(ctx, who, r.kind, in); err != nil {
			return l.refused(fmt.Sprintf("名录 %s %s", r.kind, in.Name), err)
		}
		l.counts["名录"]++
		return nil
	})
	if i%19 == 18 { // stays a draft
		return
	}
	l.then(at.AddDate(0, 0, 1), do(who, register.EventSubmit, nil))
	if d, _ := l.Registers.Kinds().Get(r.kind); d.Person && i%15 != 14 {
		l.then(at.AddDate(0, 0, 1), do(who, register.EventConsent, nil))
	}
	switch {
	case i%17 == 16: // waits for the desk
		return
	case i%23 == 21:
		l.then(at.AddDate(0, 0, 4), do(l.region, register.EventReturn, func(c *register.Command) { c.Reason = "请补充做过的事和收费办法，再提交" }))
		return
	}
	l.then(at.AddDate(0, 0, 3), do(l.region, register.EventList, nil))
	grade := func(kind register.GradeKind, level string) func(*register.Command) {
		return func(c *register.Command) {
			from, _ := time.Parse(time.DateOnly, at.AddDate(0, 0, 5).Format(time.DateOnly))
			c.Grade = register.Grade{Kind: kind, Level: level, Issuer: "样例自治区科技厅", Number: fmt.Sprintf("样例认字〔%d〕%d号", at.Year(), i+1), FromOn: from}
		}
	}
	if r.level != "" && i%3 == 0 {
		l.then(at.AddDate(0, 0, 5), do(l.region, register.EventGrade, grade(register.Level, r.level)))
	}
	if r.mark != "" && i%4 == 1 {
		l.then(at.AddDate(0, 0, 6), do(l.region, register.EventGrade, grade(register.Mark, r.mark)))
	}
	if i%29 == 27 {
		l.then(at.AddDate(0, 0, 9), do(l.region, register.EventSuspend, func(c *register.Command) { c.Reason = "样例：联系电话打不通，核实后恢复" }))
	}
}

// family names and given names of invented people.
func person(i int) string {
	return pick(i, "王", "李", "张", "刘", "赵", "白", "包", "云", "孟", "吴", "陈", "杨") +
		pick(i/3, "建国", "慧敏", "志强", "娜仁", "晓东", "巴图", "丽娟", "海峰", "其其格", "文博", "思远", "雪梅", "苏和") + "（样例" +
		strconv.Itoa(i+1) + "）"
}

func text(s string, args ...any) []string { return []string{fmt.Sprintf(s, args...)} }

func (l *loader) registerSamples() []registerSample {
	research := []actor.OrgKind{actor.University, actor.Institute}
	any := []actor.OrgKind{actor.University, actor.Institute, actor.Enterprise, actor.Agency}
	return slices.Concat(l.bodySamples(research, any), l.serviceSamples(research, any), l.personSamples(research))
}

func (l *loader) bodySamples(research, any []actor.OrgKind) []registerSample {
	return []registerSample{
		{"agency", 20, any, func(i int, s subject) (string, register.Content) {
			return fmt.Sprintf("样例%s%s%d", s.noun, pick(i, "技术转移中心", "成果转化服务中心", "技术经纪公司"), i+1), register.Content{
				"hostKind": {pick(i, "university", "institute", "enterprise", "independent")}, "fields": {s.field},
				"services": {"match", pick(i, "evaluation", "negotiation", "filing", "finance")}, "keywords": s.words,
				"about": text("样例机构，%d 名专职人员，主要为%s方向的企业寻找成果、组织洽谈、代办合同登记。", 4+i%9, s.noun),
				"staff": {strconv.Itoa(4 + i%9)}, "brokers": {strconv.Itoa(1 + i%4)}}
		}, "region", "good"},
		{"alliance", 6, any, func(i int, s subject) (string, register.Content) {
			return fmt.Sprintf("样例%s技术转移联盟", s.noun), register.Content{"fields": {s.field}, "keywords": s.words,
				"members": {"样例甲技术转移中心", "样例乙研究院", "样例丙公司"}, "secretariat": {"样例甲技术转移中心"}, "routing": {"按领域，先近后远，3 个工作日不答复转下一家"}}
		}, "", ""},
		{"platform", 12, any, func(i int, s subject) (string, register.Content) {
			return fmt.Sprintf("样例%s中试平台%d", s.noun, i+1), register.Content{"fields": {s.field}, "process": {s.process}, "keywords": s.words,
				"scale": {pick(i, "500 L 反应釜 2 台", "日处理 2 吨", "年产 50 吨示范线", "30 kW 试验台 4 座")}, "trlFrom": {"4"}, "trlTo": {pick(i, "6", "7")},
				"about": text("样例平台，%s放大试验，配有分析室和值班人员，近三年做过 %d 个项目。", s.noun, 3+i), "price": {pick(i, "按批计费，每批 2 万元起", "面议", "按机时，每小时 300 元")},
				"freeDates": {pick(i, "2027 年 1 月起", "每月下旬", "2027 年春季")}, "outside": {strconv.Itoa(20 + 5*i%60)}, "gain": {"收益分成和知识产权在服务合同中约定。"},
				"permitTo": {l.day(200 + 30*i)}}
		}, "public", "good"},
		{"incubator", 15, any, func(i int, s subject) (string, register.Content) {
			return fmt.Sprintf("样例%s%s%d", s.noun, pick(i, "孵化器", "众创空间", "加速器"), i+1), register.Content{
				"stage": {pick(i, "incubator", "nursery", "accelerator", "space")}, "fields": {s.field}, "keywords": s.words,
				"about": text("样例载体，面向%s方向的初创企业，提供场地、导师和投融资对接。", s.noun), "since": {l.day(-900 - 200*i)},
				"area": {
					strconv.Itoa(3000 + 1200*i),
				}, "tenantArea": {strconv.Itoa((3000 + 1200*i) * 4 / 5)}, "fund": {strconv.Itoa((200 + 60*i) * 1000000)},
				"tenants": {
					strconv.Itoa(12 + 3*i),
				}, "graduates": {strconv.Itoa(5 + 2*i)}, "financed": {strconv.Itoa(1 + i/3)}, "remote": {pick(i, "no", "no", "yes")}}
		}, "region", "pass"},
		{"base", 3, research, func(i int, s subject) (string, register.Content) {
			return fmt.Sprintf("样例技术转移人才培养基地%d", i+1), register.Content{"levels": {"junior", pick(i, "middle", "senior")},
				"nextClass": {l.day(30 + 20*i)}, "hours": {pick(i, "40", "60")}, "modules": {"公共知识", "政策法规", "实务技能", "能力提升"},
				"about": {"样例基地，有专职教师和实训室，每季度一期。"}}
		}, "national", "good"},
		{"pool", 4, any, func(i int, s subject) (string, register.Content) {
			return fmt.Sprintf("样例%s专利池", s.noun), register.Content{"fields": {s.field}, "keywords": s.words, "members": {"样例大学", "样例公司"},
				"patents": {strconv.Itoa(12 + 9*i)}, "licence": {"样例：区内企业按销售额的 1% 一次许可。"}}
		}, "", ""},
		{"station", 8, any, func(i int, s subject) (string, register.Content) {
			return fmt.Sprintf("样例%s%s%d", s.noun, pick(i, "院士专家工作站", "科技特派员工作站"), i+1), register.Content{
				"type": {pick(i, "academician", "specialist")}, "fields": {s.field}, "keywords": s.words, "since": {l.day(-400 - 90*i)},
				"team": {strconv.Itoa(5 + i)}, "about": text("样例团队驻站解决%s的共性问题，每季度向周边企业开放一次。", s.noun)}
		}, "", "good"},
		{"contact", 5, any, func(i int, s subject) (string, register.Content) {
			city := pick(i, "北京", "上海", "深圳", "西安", "天津")
			return "样例内蒙古科创联络点（" + city + "）", register.Content{"type": {pick(i, "science", "talent", "point")}, "city": {city}, "fields": {s.field},
				"about": {"样例联络点，提供工位和会议室，帮助区内企业约见当地团队。"}}
		}, "", ""},
	}
}

func (l *loader) serviceSamples(research, any []actor.OrgKind) []registerSample {
	return []registerSample{
		{"finance", 25, any, func(i int, s subject) (string, register.Content) {
			from := (i%5 + 1) * 20
			return fmt.Sprintf("样例%s%d号", pick(i, "科技成果贷", "专利质押贷", "创新积分贷", "知识产权保险", "成果转化基金", "科技担保"), i+1), register.Content{
				"mode": {pick(i, "credit", "pledge", "credit", "insurance", "equity", "guarantee")}, "amountFrom": {strconv.Itoa(from * 1000000)},
				"amountTo": {
					strconv.Itoa(from * 10 * 1000000),
				}, "months": {pick(i, "12", "24", "36")}, "rate": {pick(i, "样例：年化 3.65% 起", "样例：费率 1.2%", "样例：按评估")},
				"keywords": s.words, "conditions": text("样例条款：区内%s方向的科技型企业，有已登记的技术合同，近两年无逾期。", s.noun), "validTo": {l.day(120 + 20*i)}}
		}, "", ""},
		{"instrument", 80, research, func(i int, s subject) (string, register.Content) {
			name := pick(i, "扫描电子显微镜", "X 射线衍射仪", "电感耦合等离子体质谱仪", "气相色谱质谱联用仪", "万能材料试验机", "热重分析仪", "激光粒度仪", "高效液相色谱仪", "实时荧光定量 PCR 仪", "振动样品磁强计")
			return fmt.Sprintf(
					"%s（样例%d）",
					name,
					i+1,
				), register.Content{
					"class": {pick(i, "optics", "analysis", "analysis", "analysis", "physics", "physics", "analysis",
						"analysis", "life", "physics")},
					"fields":   {s.field},
					"keywords": s.tests,
					"maker":    {pick(i, "样例仪器厂", "样例精密", "样例科仪")},
					"model":    text("YL-%d", 100+i),
					"serial":   text("SN%05d", 1000+i*7),
					"value":    {strconv.Itoa((18 + 9*(i%40)) * 1000000)},
					"price": {
						pick(i, "每样 200 元", "每小时 300 元", "面议"),
					},
					"link":     {"https://example.com/booking"},
					"linkDead": {map[bool]string{true: "yes", false: "no"}[i%20 == 19]},
				}
		}, "", ""},
		{"provider", 60, any, func(i int, s subject) (string, register.Content) {
			service := pick(i, "evaluation", "testing", "design", "legal", "ip", "tax", "training", "pilot")
			what := pick(i, "成果评价", "检验检测", "研发设计", "技术合同法律服务", "专利检索与申请", "研发费用加计扣除辅导", "技术经纪培训", "放大试验代办")
			return fmt.Sprintf("样例%s%s%d", s.noun, what, i+1), register.Content{"service": {service}, "fields": {s.field},
				"keywords": append(slices.Clone(s.words[:2]), what), "about": text("样例服务：%s方向的%s，交付书面报告。", s.noun, what),
				"price": {pick(i, "每项 3000 元起", "每件 5000 元", "面议")}, "days": {strconv.Itoa(5 + i%20)}, "voucher": {pick(i, "yes", "no")}}
		}, "", "pass"},
	}
}

func (l *loader) personSamples(research []actor.OrgKind) []registerSample {
	people := append(slices.Clone(research), actor.Enterprise)
	return []registerSample{
		{"expert", 64, people, func(i int, s subject) (string, register.Content) {
			unit := pick(i, "样例大学", "样例农牧研究院", "样例装备公司", "样例化工研究所")
			return person(i), register.Content{"fields": {s.field}, "title": {pick(i, "教授", "研究员", "正高级工程师", "副教授")}, "unit": {unit},
				"discipline": {s.noun}, "keywords": s.words, "about": text("从事%s研究 %d 年，做过企业委托的项目。", s.noun, 6+i%20),
				"roles": {
					"review",
					pick(i, "evaluation", "diagnosis", "negotiation"),
				}, "languages": {"zh", pick(i, "mn", "en")}, "perYear": {pick(i, "4", "6", "8")},
				"units": text("%s，%d-09-01，，%s", unit, 2005+i%15, pick(i, "教授", "企业创新岗", "科技创业岗")), "phone": {"13800000000"}}
		}, "", ""},
		{"specialist", 40, people, func(i int, s subject) (string, register.Content) {
			return person(
					i + 70,
				), register.Content{
					"type":     {pick(i, "service", "industry", "startup")},
					"level":    {pick(i, "region", "league", "county")},
					"fields":   {s.field},
					"keywords": s.words,
					"unit":     {pick(i, "样例农牧研究院", "样例大学", "样例装备公司")},
					"places":   {"样例苏木", "样例合作社"},
					"termFrom": {l.day(-300)},
					"termTo":   {l.day(400 + i)},
					"about":    text("能现场指导%s，每月下乡两次。", s.noun),
					"phone":    {"13800000000"},
				}
		}, "", "excellent"},
	}
}
