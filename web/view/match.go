package view

// MatchCard is one ranked listing with its reasons.
type MatchCard struct {
	Row     Row
	Band    string // 高, 中, 低; 弱 under the line
	Score   int    // 0–100, in the sheet behind it
	Reasons []Text
	Short   Text // the one 不足
	Sheet   []ScoreLine
	Sum     string // how the lines of the sheet make the score
	SheetTo string // address of the sheet's explanation
	Actions []Action
	Dismiss *Form // 不合适…: asks why
}

// Top are the reasons that are shown, at most three.
func (m MatchCard) Top() []Text { return m.Reasons[:min(3, len(m.Reasons))] }

// ScoreLine is one part of the score: points of the possible ones and why.
type ScoreLine struct {
	Label         string
	Points, Outof string
	Note          string
}

// Matches is a ranked list with a head that says what was searched and what was left out.
type Matches struct {
	Note  string // 从 12,404 项里选出 9 项，另有 14 项因成熟度不足未列出
	Cards []MatchCard
	Empty Empty
	More  *Action // 看看还有哪些
}
