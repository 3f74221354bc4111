package kind

import "techmarket/internal/services/register"

// large is the value from which an instrument counts as 大型科研仪器; below, it is shown as other equipment.
const large = 300_000_00

// Instrument is the directory of instruments (plan I1): a link to the booking, no booking of ours. The same serial number in two lists is
// one entry with two origins.
func Instrument() register.Descriptor {
	return register.Descriptor{
		Kind: "instrument", Label: "科研仪器", Path: "instruments", NameOf: "仪器名称",
		Lead: "对外开放的科研仪器设备。预约和收费在管理单位的网站办理；使用形成技术服务合同的，可以在本平台登记。",
		Fields: append([]register.Field{
			{Code: "class", Label: "仪器类别", Type: register.One, Need: true, Facet: true, Row: true,
				Choices: choices("analysis", "分析仪器", "physics", "物理性能测试", "metrology", "计量仪器", "electronics", "电子测量", "optics", "光学仪器",
					"ocean", "地质与环境", "life", "生物与医学", "process", "工艺试验设备", "computing", "计算与信息")},
			fields(false),
			keywords("测试项目"),
			{Code: "maker", Label: "生产厂商", Type: register.Line, Need: true},
			{Code: "model", Label: "型号", Type: register.Line, Need: true, Row: true, Found: true},
			{Code: "serial", Label: "出厂编号", Type: register.Line, Max: 60, Sight: register.Own},
			{Code: "value", Label: "原值", Type: register.Amount, Need: true},
			{Code: "price", Label: "收费标准", Type: register.Line, Need: true, Row: true},
			{Code: "link", Label: "预约网址", Type: register.Link},
			{Code: "linkDead", Label: "预约网址打不开", Type: register.YesNo, Hint: "连续三次打不开时标记，恢复后改为否"},
		}, contact()...),
		SameBy: []string{"maker", "serial"},
		Fits:   byKeywords("可测"),
	}
}

// Class names what an instrument is by its value: 大型科研仪器 from 30万元 on.
func Class(c register.Content) string {
	if int64(c.Fen("value")) >= large {
		return "大型科研仪器"
	}
	return "其他设备"
}
