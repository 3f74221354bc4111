package certify

import (
	"fmt"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/recognition"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// raised is a question that the desk will ask, with what raises it.
type raised struct {
	rule   recognition.Rule
	answer extract.Answer
}

// beforeSubmission is 送出前核对: what the desk will see of this contract, by the function that answers there. Differences come first, then
// what will be asked for. It stops nothing.
func (p *Pages) beforeSubmission(c *web.Ctx, k contract.Contract) ([]ui.Block, error) {
	reading, text, file, err := p.paperText(c, k)
	if err != nil || file == 0 {
		return nil, err
	}
	out := textState(text, reading.Blank)
	same, rows := apart(extract.Compare(k.Content, reading))
	asked, settled, open := questions(k.Content.Elements.ClassCode, reading.Answers(k.Content, k.Files))
	block := ui.Block{Title: "送出前核对", Intro: "登记员打开这份申请时看到的就是这些。送出前改好，可以少一次补正；不改也可以提交。"}
	href := paperHref(k.ID, file)
	if len(rows) > 0 {
		columns := append(differences(href), ui.Column[extract.Row]{Label: "怎样改", Cell: func(r extract.Row) view.Cell {
			section := sectionOf(r.Path)
			return view.Cell{Text: "改" + sectionLabels[section], Href: fmt.Sprintf("/contracts/%d/%s#%s", k.ID, section, r.Path),
				Note: map[bool]string{true: "文本有误的，由双方更正后重新上传"}[r.Fact.Clash]}
		}})
		block.Add(view.Notice{Tone: view.Warn, Title: fmt.Sprintf("合同文本与填写的有 %d 项不同，%d 项相符", len(rows), same),
			Actions: []view.Action{{Label: "用文本里的内容填写", Href: fmt.Sprintf("/contracts/%d/paper", k.ID), Kind: view.Quiet, Small: true}}},
			columns.Table("合同文本与填写的内容", rows))
	} else if same > 0 {
		block.Add(view.Notice{Tone: view.OK, Title: fmt.Sprintf("合同文本与填写的 %d 项都相符", same)})
	}
	if len(asked) > 0 {
		table := ui.Columns[raised]{
			ui.TextColumn("登记员会问", func(q raised) string { return q.rule.Question }),
			{Label: "因为", Cell: func(q raised) view.Cell {
				cell := view.Cell{Text: q.answer.Why}
				if q.answer.Page > 0 {
					cell.Note = fmt.Sprintf("第 %d %s：…%s…", q.answer.Page, q.answer.Unit, q.answer.Quote)
					cell.Href = href(extract.Fact{Page: q.answer.Page, Unit: q.answer.Unit})
				}
				return cell
			}},
			ui.TextColumn("怎样办", func(q raised) string { return q.rule.Mend }),
		}
		block.Add(view.Notice{Title: fmt.Sprintf("有 %d 个问题登记员会问到", len(asked)), Text: "不一定有错：只是文本里有这样的字样。没有问题的，可以在内容摘要里说明。"},
			table.Table("登记员会问到的问题", asked))
	}
	block.Add(view.Prose{view.T(fmt.Sprintf("系统已核对 %d 项，没有发现问题；另有 %d 项（如印章是否一致、有无争议）由登记员看原件。", settled, open))})
	return append(out, block), nil
}

// questions splits the checklist of a class by what application and text answer.
func questions(class string, answers map[string]extract.Answer) (asked []raised, settled, open int) {
	for _, rule := range recognition.Checklist(class) {
		a, ok := answers[rule.ID]
		switch {
		case ok && !a.No:
			asked = append(asked, raised{rule, a})
		case ok && a.Sure:
			settled++
		default:
			open++
		}
	}
	return asked, settled, open
}

// sectionOf is where a field is filled in.
func sectionOf(path string) contract.Section {
	switch side, _, _ := strings.Cut(path, "."); side {
	case "seller":
		return contract.SectionSeller
	case "buyers":
		return contract.SectionBuyers
	}
	return contract.SectionElements
}
