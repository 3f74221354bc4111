package certify

import (
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/money"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// changeBlocks sets the version that stands beside what the change would make of it.
func changeBlocks(k registry.Case) []ui.Block {
	if k.Previous == nil {
		return nil
	}
	type row = contract.Changed
	t := ui.Columns[row]{
		ui.TextColumn("内容", func(d row) string { return d.Label }),
		ui.TextColumn("现登记", func(d row) string { return ui.FirstOf(d.Before, "无") }),
		ui.TextColumn("变更为", func(d row) string { return ui.FirstOf(d.After, "无") }),
	}.Table("变更前后", contract.Changes(k.Previous.Content, k.Contract.Content))
	t.Empty = view.Empty{Title: "登记表没有变化", Text: "请看补充协议。"}
	blocks := []ui.Block{}
	if k.Stood != nil {
		blocks = append(blocks, stoodBlock(k))
	}
	intro := ""
	if k.Filing.Review.Carried {
		intro = "上一版的核对和扣除已带入审查表，请核对改动的部分。"
	}
	return append(blocks, ui.Block{Title: "变更前后", Intro: intro, Parts: view.Parts{t}})
}

// stoodBlock sets what was recognised before beside what is claimed and what the saved sheet comes to.
func stoodBlock(k registry.Case) ui.Block {
	type row struct {
		label               string
		stood, claimed, now string
	}
	sheet, known := recognition.Amounts{}, k.Decision != nil && k.Decision.Amounts != nil
	if known {
		sheet = *k.Decision.Amounts
	}
	of := func(f money.Fen) string {
		if !known {
			return "还没有算出"
		}
		return f.Grouped()
	}
	rows := []row{
		{"合同成交额", k.Stood.Amount.Grouped(), k.Contract.Content.Elements.Amount.Grouped(), of(sheet.Contract)},
		{"扣除的非技术性费用", k.Stood.Deducted.Grouped(), "", of(sheet.Deducted)},
		{"技术交易额", k.Stood.Technical.Grouped(), k.Contract.Content.Technical.Grouped(), of(sheet.Technical)},
		{"增值税免税基数", k.Stood.VATBase.Grouped(), "", of(sheet.VATBase)},
	}
	t := ui.Columns[row]{
		ui.TextColumn("金额（元）", func(r row) string { return r.label }),
		ui.TextColumn("现登记", func(r row) string { return r.stood }),
		ui.TextColumn("本次申报", func(r row) string { return ui.FirstOf(r.claimed, "—") }),
		ui.TextColumn("审查表", func(r row) string { return r.now }),
	}.Table("认定金额前后", rows)
	return ui.Block{Title: "认定金额前后", Parts: view.Parts{t}}
}
