package certify

import (
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Review is the body of the page "certify/review": on one screen the papers, the questions with what they rest on, the sheet of
// deductions and the decision. Who does not fill the sheet in reads the answers in its place.
type Review struct {
	Back     view.Link
	Heading  string
	Tags     []view.Tag
	Sample   bool
	Clock    *view.Clock
	IntakeNo string
	Class    string
	Seller   string
	Buyer    string
	Steps    view.Steps
	Notices  []ui.Block  // above the questions: what was refused, what the applicant answered
	Form     *ReviewForm // nil: read only
	Answers  []Answer    // in place of the form
	Checked  []Answer    // the rules that the facts answer
	Against  int         // how many of them stand against the registration
	Below    []ui.Block  // the other steps, papers, history
	Step     *view.Action
	Papers   Papers
}

// Answer is a question as it was answered, and by whom.
type Answer struct {
	Ask     string
	Article string
	Answer  view.Tag
	Where   string
	By      string
}

// ReviewForm is the registrar's sheet. Its questions stand in three groups: nobody has answered, the registrar has, the application
// itself does.
type ReviewForm struct {
	Action     string
	Version    string
	Unsaved    bool // it came back with a refused step: its answers are not stored yet
	Errors     view.ErrorSummary
	Open       []view.Question
	Answered   []view.Question
	Known      []view.Question
	KnownWrong bool     // one of Known was refused as it stands
	Checked    []Answer // as of Review
	Against    int
	Finding    view.Section
	Opinion    view.Field
	Costs      []CostRow
	Totals     Totals
	Verdict    view.Notice
	Steps      []view.Link // the ways that are no pass: 补正, 不予登记
}

// Given counts the answers that are there.
func (f ReviewForm) Given() int { return len(f.Answered) + len(f.Known) }

// Verified counts what the system answered.
func (f ReviewForm) Verified() int { return len(f.Known) + len(f.Checked) }

// Total counts the questions.
func (f ReviewForm) Total() int { return len(f.Open) + f.Given() }

// Heads are the columns of the sheet, which every row names; nil without rows.
func (f ReviewForm) Heads() *CostRow {
	if len(f.Costs) == 0 {
		return nil
	}
	return &f.Costs[0]
}

// CostRow is a line of the deduction sheet; Total and Deducted are worked out.
type CostRow struct {
	Row                                                  int
	Kind, Name, Quantity, Unit, Granted, Reasonable, Why Cell
	Claimed                                              bool // the applicant calls it a technical carrier
	Total, Deducted                                      string
}

// Cell is one input of the sheet: Label names it with its row, Column is the head above it.
type Cell struct {
	Name, Label, Column string
	Value, Error        string
	Number              bool
	Options             []view.Option
}

// Totals are the four figures, worked out anew at Post while the sheet is filled in.
type Totals struct {
	Post  string
	Lines []TotalLine
	Note  string
	Wrong string // why there are none
}

// TotalLine is one figure in 元.
type TotalLine struct {
	Sign, Label, Amount string
	Strong              bool
}

// Working is what the fragment "totalsnow" takes: the figures, and what they leave in each row.
type Working struct {
	Totals Totals
	Costs  []CostRow
}

// Papers are what was filed: the application and each attachment, one of them open.
type Papers struct {
	Tabs  []view.Link
	Paper Paper
	Find  *PaperFind // of an open PDF
}

// Paper is the open document: the application in fields and paragraphs, or a file.
type Paper struct {
	Title string
	Paras []string
	Facts *view.Facts
	File  *view.FileItem
	Frame string // address of a PDF of this site, shown in the page with the browser's own viewer (its text can be searched)
}

// PaperFind searches the text of the open PDF on the server, so that what was found has a place to write down.
type PaperFind struct {
	Action string
	Paper  string // id of the open paper
	Word   string
	Error  string
	Status string // 共 3 处, or why there is no text
	Hits   []PaperHit
}

// PaperHit is one place. Place is how the checklist names it.
type PaperHit struct {
	Page, Before, Match, After string
	Href, Place                string
}

// Declared lists the pages of this package.
func Declared() []view.Decl {
	return []view.Decl{view.Declare[Review]("certify/review").In("work"), view.Declare[Editor]("certify/contract")}
}
