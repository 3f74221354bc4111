package kind

import (
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/services/register"
)

// Expert is the library of experts (plan H1), of private firms too. The card is public by the person's own consent only; units, firms held
// and limits serve the draw and are seen by the person and the desk alone.
func Expert() register.Descriptor {
	return register.Descriptor{
		Kind: "expert", Label: "科技专家", Path: "experts", NameOf: "姓名", Person: true,
		Lead: "本人同意公开的科技专家。评价、评审、诊断和洽谈需要专家时，由管理员从库中随机抽取。",
		Fields: []register.Field{
			fields(true),
			{Code: "title", Label: "职称", Type: register.Line, Max: 40, Need: true, Row: true},
			{Code: "unit", Label: "现单位", Type: register.Line, Need: true, Row: true},
			{Code: "discipline", Label: "学科", Type: register.Line, Max: 40, Need: true, Found: true},
			keywords("研究方向"),
			about("专长", "能解决什么问题；写事实，不写评价"),
			{Code: "roles", Label: "愿意承担", Type: register.Many, Need: true, Facet: true, Row: true,
				Choices: choices("evaluation", "成果评价", "review", "项目评审", "diagnosis", "企业诊断", "negotiation", "技术洽谈")},
			{Code: "languages", Label: "工作语言", Type: register.Many, Choices: choices("zh", "汉语", "mn", "蒙古语", "en", "英语", "ru", "俄语")},
			{Code: "perYear", Label: "每年最多参加（次）", Type: register.Number, Max: 100, Need: true, Sight: register.Own},
			{Code: "units", Label: "任职经历", Type: register.Long, Max: 2000, Sight: register.Own, Need: true,
				Hint: "一行一段：单位，起，止，岗位。例如 样例大学，2015-09-01，，教授；岗位可写科技创业岗、企业创新岗"},
			{Code: "firms", Label: "持股或任职的企业", Hint: "企业名称，用顿号分开", Type: register.Words, Sight: register.Own},
			{Code: "phone", Label: "联系电话", Type: register.Phone, Need: true, Sight: register.Own},
		},
		Life: 365 * 24 * time.Hour, // confirmed every twelve months
		Rule: func(c register.Content, wrong *fault.Fields) {
			if _, bad := Affiliations(c); bad > 0 {
				wrong.Addf("units", "format", "第 %d 行应写成：单位，起始日期，终止日期（仍在职留空），岗位。例如 样例大学，2015-09-01，，教授", bad)
			}
		},
		Fits: byKeywords("研究"),
	}
}

// Affiliation is one post of a person: both days are inside, To is zero while it holds.
type Affiliation struct {
	Unit     string
	From, To time.Time
	Post     string
}

// Affiliations reads the posts of a person, a line each; bad is the number of the first line that can't be read, 0 where all can.
func Affiliations(c register.Content) (out []Affiliation, bad int) {
	for i, line := range strings.Split(c.Text("units"), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		parts := strings.Split(strings.NewReplacer("，", ",", "；", ",", ";", ",").Replace(line), ",")
		for len(parts) < 4 {
			parts = append(parts, "")
		}
		a := Affiliation{Unit: strings.TrimSpace(parts[0]), Post: strings.TrimSpace(parts[3])}
		from, errFrom := time.Parse(time.DateOnly, strings.TrimSpace(parts[1]))
		to, errTo := time.Parse(time.DateOnly, strings.TrimSpace(parts[2]))
		if strings.TrimSpace(parts[2]) == "" {
			to, errTo = time.Time{}, nil
		}
		if a.Unit == "" || errFrom != nil || errTo != nil || !to.IsZero() && to.Before(from) {
			return nil, i + 1
		}
		a.From, a.To = from, to
		out = append(out, a)
	}
	return out, 0
}
