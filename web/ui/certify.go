package ui

import (
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/codes"
	"techmarket/web/view"
)

func ContractStateTag(s contract.State) view.Tag {
	switch s {
	case contract.Draft:
		return view.Tag{Label: "草稿"}
	case contract.Filed:
		return view.Tag{Label: "已报送", Tone: view.Info}
	case contract.Correcting:
		return view.Tag{Label: "补正中", Tone: view.Warn}
	case contract.Registered:
		return view.Tag{Label: "已登记", Tone: view.OK}
	case contract.Changing:
		return view.Tag{Label: "变更中", Tone: view.Warn}
	default:
		return view.Tag{Label: "已终结"}
	}
}

func ClassOptions() []view.Option {
	out := []view.Option{{Label: "请选择"}}
	for _, top := range codes.ContractClass.Children("") {
		for _, it := range codes.ContractClass.Children(top.Code) {
			out = append(out, view.Option{Value: it.Code, Label: it.Code + " " + it.Label, Group: top.Label})
		}
	}
	return out
}

func PointKindLabel(k point.Kind) string {
	return map[point.Kind]string{point.Region: "自治区", point.League: "盟市", point.County: "旗县", point.University: "高校", point.Institute: "科研院所",
		point.Zone: "园区"}[k]
}

func PointStateTag(s point.State) view.Tag {
	switch s {
	case point.Normal:
		return view.Tag{Label: "正常受理", Tone: view.OK}
	case point.Rectifying:
		return view.Tag{Label: "整改中", Tone: view.Warn}
	default:
		return view.Tag{Label: "暂停受理", Tone: view.Bad}
	}
}
