package view

// Question is one check with its article. An option's Hint is "good" or "poor": the colour it takes when chosen,
// so that colour agrees with meaning (有限制条款 → 有 is poor).
type Question struct {
	Name    string
	Ask     string
	Article string // 认定规则 第二十一条
	Where   string // what the answer rests on: 申请表 项目计划来源：计划外
	Value   string
	By      string // whose answer it is: 系统, 登记员; "" while there is none
	Advice  string // the value that is proposed, not given; Enter takes it
	Options []Option
	Note    *Field
	Error   string
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
