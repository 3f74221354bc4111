package view

// Turns is 轮到我: what waits for one person, in groups, each by its day, with the step that clears it.
type Turns []TurnGroup

// TurnGroup is one kind of waiting. An empty group is not drawn.
type TurnGroup struct {
	Title, Note string
	Due         bool   // ends today: drawn with attention, its buttons filled
	Many        string // how many, also those that are not listed: 7 件
	Items       []Turn
	More        *Link // the list with all, where some are not listed
}

// Turn is one thing that waits.
type Turn struct {
	When, WhenNote string // 4 月 27 日, 还剩 3 天
	Over           bool   // the day has passed
	Kind           string // two or three characters
	Title, Href    string
	Said           string // who and what in one sentence
	Since, Waited  string // 4 月 22 日起, 已等 2 天
	Sample         bool
	Action         Action
}
