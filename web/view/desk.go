package view

import "techmarket/internal/foundation/money"

// Desk is the review pattern: papers at the left, questions, sums and fixed actions at the right.
// The right side is one form, so every answer is saved with the decision.
type Desk struct {
	Papers    []Link // the attachments, Current is open
	Paper     Paper
	Find      *PaperFind // of an open PDF
	Form      Form       // Action, Hidden (version); its Actions are the fixed bar, its Sections stand above it
	Questions []Question
	Answers   []Answer // in place of the form: what somebody else answered, to be read beside the papers
	Sums      *Sums
	Next      string // address of the next case (key N)
	Prev      string
}

// Answered counts the questions that have an answer.
func (d Desk) Answered() int {
	n := 0
	for _, q := range d.Questions {
		if q.Value != "" {
			n++
		}
	}
	return n
}

// Paper is the open document: its text with marked passages, or its pages as a download.
type Paper struct {
	Title string
	Paras []Text
	Facts *Facts
	File  *FileItem
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

// Question is one check with its article. An option's Hint is "good" or "poor": the colour it takes when chosen,
// so that colour agrees with meaning (有限制条款 → 有 is poor).
type Question struct {
	Name    string
	Ask     string
	Article string // 认定规则 第二十一条
	Where   string // 见合同第一条
	Value   string
	Options []Option
	Note    *Field
	Error   string
}

// Answer is a question as it was answered.
type Answer struct {
	Ask     string
	Article string
	Answer  Tag
	Where   string // the place in the text
}

// Sums is the deduction sheet: T = C − what was deducted.
type Sums struct {
	Title   string
	Rows    []SumRow
	Label   string // 技术交易额 = 3,000,000.00 − 1,050,000.00
	Total   money.Fen
	Caption string
	Post    string // address that works the sheet anew while typing (htmx); Form is the id of the form it reads
	Form    string
}

// SumRow is one cost of the contract.
type SumRow struct {
	Label, Note string
	Amount      money.Fen
	Deducted    bool
	Remove      *Action
}

// Certificate is the page form of an 认定登记证明.
type Certificate struct {
	Number   string // grouped: 2026 1502 03 000017
	State    Tag
	StateDay string
	Facts    Facts
	Clause   string // 上述技术合同经本登记点审查……
	QR       *Picture
	Check    string // 7K2M-9QXD
	VerifyAt string
	Digests  []Digest
	Sample   bool
}
