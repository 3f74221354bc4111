package matching

import (
	"slices"
	"strings"
	"unicode/utf8"

	"techmarket/search/zh"
)

// Element is one of the five things that a need or an achievement names (Systems 13(11):1008; docs/rules/matching.md §2).
type Element int

// The five elements.
const (
	Material Element = iota
	Method
	Effect
	Product
	Application
	elementCount
)

// String is the element's Chinese name.
func (e Element) String() string {
	return [elementCount]string{"材料", "方法", "功效", "产品", "应用"}[e]
}

// Elements are the words by which a text names each element; an empty one is not named.
type Elements [elementCount][]string

// elementWords is how many words of one element are kept.
const elementWords = 8

// Endings that tell what a word is, and verbs before which or after which an effect or an application stands.
var (
	endings = [elementCount][]string{
		Material: strings.Fields("合金 材料 陶瓷 树脂 纤维 橡胶 塑料 薄膜 涂料 粉末 粉体 矿石 精矿 尾矿 废水 废渣 污泥 烟气 煤气 氧化物 化合物 聚合物 催化剂 吸附剂 添加剂 萃取剂 抑制剂 石墨 石墨烯 稀土 氧化铝 氧化硅 煤炭 焦油 甲醇 秸秆 饲料 牧草 酶 蛋白 多糖 基因 细胞 菌 菌株 酸 碱 盐 钢 铝 铜 镁 锂 铁"),
		Method:   strings.Fields("法 方法 工艺 技术 算法 模型 萃取 焙烧 浸出 浮选 烧结 发酵 培养 合成 制备 改性 沉积 电解 蒸馏 精馏 吸附 过滤 分离 提纯 检测 识别 预测 优化 控制 仿真 建模 育种 嫁接 接种 焊接 铸造 轧制 热处理 机制"),
		Product:  strings.Fields("系统 装置 设备 仪器 仪 机 机器人 平台 软件 芯片 传感器 反应器 电池 电机 炉 塔 泵 阀 车 器 品种 疫苗 药物 制剂 试剂盒 产品 装备 组件 模块"),
	}
	effectVerbs      = strings.Fields("提高 提升 降低 减少 增强 改善 抑制 促进 延长 缩短 节约 节能 消除 避免 防止 增加 优化 去除 脱除 回收")
	applicationVerbs = strings.Fields("用于 应用于 适用于 面向 服务于 应用 适用")
	noThings         = strings.Fields("停机 开机 待机 随机 有机 无机 时机 动机 危机 契机 司机 秒 天 年 月 日 米 克 吨 次 倍 度 元 万 亿 台 套") // end like products, or are units
	applicationEnds  = strings.Fields("领域 行业 产业 场景 矿区 牧区 灌区 农田 园区 电厂 钢厂 工厂 医院 企业 地区 草原 温室 车间")
)

// ExtractElements finds the elements that a text names, by endings and cue words.
func ExtractElements(a *zh.Analyzer, text string) Elements {
	var found Elements
	add := func(e Element, w string) {
		if w[0] >= '0' && w[0] <= '9' || slices.Contains(noThings, w) { // a figure is no effect; it is compared as a term
			return
		}
		if len(found[e]) < elementWords && !slices.Contains(found[e], w) {
			found[e] = append(found[e], w)
		}
	}
	words := a.Words(text)
	for i, w := range words {
		if slices.Contains(effectVerbs, w) {
			for _, next := range content(a, words[i+1:], 2) {
				add(Effect, next)
			}
			continue
		}
		if slices.Contains(applicationVerbs, w) {
			for _, next := range content(a, words[i+1:], 2) {
				add(Application, next)
			}
			continue
		}
		if ends(w, applicationEnds) {
			if i > 0 && !a.Stop(words[i-1]) {
				add(Application, words[i-1])
			}
			continue
		}
		for e := Material; e < elementCount; e++ {
			if !ends(w, endings[e]) {
				continue
			}
			if !a.Stop(w) && !slices.Contains(endings[e], w) || e == Material && !a.Stop(w) {
				add(e, w)
			} else if i > 0 && !a.Stop(words[i-1]) { // 浸出 工艺: the word before says which
				add(e, words[i-1])
			}
			break
		}
	}
	return found
}

// content returns the first n words that are not stop words, looking at most four ahead.
func content(a *zh.Analyzer, words []string, n int) []string {
	var out []string
	for _, w := range words[:min(len(words), 4)] {
		if !a.Stop(w) && len(out) < n {
			out = append(out, w)
		}
	}
	return out
}

func ends(w string, endings []string) bool {
	return slices.ContainsFunc(endings, func(end string) bool {
		return w == end || strings.HasSuffix(w, end) && (utf8.RuneCountInString(end) > 1 || utf8.RuneCountInString(w) > 1)
	})
}

// cover tells which named elements a normalised text speaks of, at least a third of an element's words, and by which words:
// 产品“压缩机”.
func (e Elements) cover(text string) (covered, missing []string) {
	for i, words := range e {
		if len(words) == 0 {
			continue
		}
		var said, unsaid []string
		for _, w := range words {
			if strings.Contains(text, w) {
				said = append(said, w)
			} else {
				unsaid = append(unsaid, w)
			}
		}
		quoted := func(words []string) string {
			return Element(i).String() + "“" + strings.Join(words[:min(len(words), 3)], "、") + "”"
		}
		if 3*len(said) >= len(words) {
			covered = append(covered, quoted(said))
		} else {
			missing = append(missing, quoted(unsaid))
		}
	}
	return covered, missing
}

// Missing names the elements that a listing does not speak of; a need that says them is matched better.
func (e Elements) Missing() []string {
	var out []string
	for i, words := range e {
		if len(words) == 0 {
			out = append(out, Element(i).String())
		}
	}
	return out
}
