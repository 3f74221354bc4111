package view

// Suggestions is the list under a search box while typing; the fragment "suggestions" draws it.
type Suggestions struct {
	Items []Suggestion `json:"items"`
}

// Suggestion is one place to go: a listing, a plan topic, another name of what was typed.
type Suggestion struct {
	Kind  string `json:"kind"` // 成果, 需求, 规划方向, 也叫
	Text  Text   `json:"-"`
	Label string `json:"label"`
	Href  string `json:"href"`
}

// Meter says which parts of a text are there and what to add; the fragment "meter" draws it. With Post it asks again while the
// form around it is being filled in.
type Meter struct {
	Post  string // address that reads the form and answers the fragment; "" for a saved text
	Form  string // id of that form
	Done  int
	Parts []MeterPart
	Alike []Link // others that may be the same
}

// MeterPart is one line of a meter.
type MeterPart struct {
	Label string
	There bool
	Note  string // the words that say it, or what to add
	Href  string
}

// Of is how many parts there are.
func (m Meter) Of() int { return len(m.Parts) }
