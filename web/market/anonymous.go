package market

import (
	"techmarket/internal/foundation/actor"
	"techmarket/internal/market/listing"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// anonymousSection asks whether the organisation's name is published, and says what not doing so means.
func anonymousSection(a *ui.Ask, chosen bool) view.Section {
	return view.Section{Title: "公开单位名称", Fields: []view.Field{a.Checks("anonymous", "名称", ui.BoolList(chosen),
		[]view.Option{{Value: "yes", Label: "不公开本单位名称", Hint: "其他人看到“单位已核实，应发布者要求不公开名称”、技术领域和所在盟市，看不到旗县和联系人；" +
			"审核人员看得到。别人发来对接，您接受以后对方才看到名称。题目、正文、附件和文件名里请不要写单位名称。以后可以修订为公开。"}})}}
}

// namedBefore adds to the choice what was public before it, which nobody can take back.
func namedBefore(sections []view.Section, l listing.Listing) {
	if l.NamedAt == nil {
		return
	}
	for i := range sections {
		for j := range sections[i].Fields {
			if f := &sections[i].Fields[j]; f.Name == "anonymous" {
				f.Hint = namedWords(l)
			}
		}
	}
}

func namedWords(l listing.Listing) string {
	return "这条信息 " + view.Day(*l.NamedAt) + " 曾以单位名称发布。改为不公开并通过审核以后，本站不再显示名称；" +
		"在那以前看过、订阅或转载的人，以及搜索引擎，可能仍留有记录，收不回来。"
}

// anonymityNotice tells the owner and the editors, who see the name, what others see; nil for everybody else.
func anonymityNotice(l listing.Listing) *view.Notice {
	if !l.Anonymous || l.OrganisationID == actor.Undisclosed {
		return nil
	}
	n := &view.Notice{Title: "对外不公开单位名称", Text: "其他人看不到单位名称、旗县和联系人；接受对接以后，对方在洽谈里看到名称。"}
	if l.NamedAt != nil {
		n.Tone, n.Text = view.Warn, namedWords(l)
	}
	return n
}
