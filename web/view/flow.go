package view

import "time"

// Notice is a message on a page. Bad ones are announced at once.
type Notice struct {
	Tone    Tone
	Title   string
	Text    string
	Items   []Link
	Actions []Action
}

// Icon is the sign beside the words, so that colour is not the only cue.
func (n Notice) Icon() string {
	switch n.Tone {
	case OK:
		return "circle-check"
	case Warn:
		return "triangle-alert"
	case Bad:
		return "circle-alert"
	}
	return "info"
}

// Empty is the state of a list without entries: what it means and what to do next.
type Empty struct {
	Icon    string
	Title   string
	Text    string
	Actions []Action
}

// Problem is a whole-page state: not found, not allowed, too many, broken. Kept says what was saved.
type Problem struct {
	Status    int
	Title     string
	Text      string
	Kept      string
	Who       string // who can do it, for 403
	Steps     []string
	Actions   []Action
	RequestID string
	Again     *Again // the refused form, when there was one
}

// Again is a refused form with all that was typed into it, to be sent once more with one button.
type Again struct {
	Action string
	Keep   []Pair
	Files  []Field  // chosen files did not come along: to be chosen again
	Texts  []string // what was typed as sentences, to read and to copy
	SignIn bool     // the session is over: sign in beside this page first
}

// Conflict is the 409 page: somebody saved first; both versions are shown field by field.
type Conflict struct {
	What   string // 草稿《…》
	Who    string // who saved first
	At     time.Time
	Fields []ConflictField
	Form   string // where 用我的覆盖 posts, with Keep as hidden fields
	Keep   []Pair
	Theirs string // address that opens the saved version
}

// ConflictField is one field in both versions.
type ConflictField struct {
	Label, Mine, Theirs string
}

// Differs tells whether the versions disagree here.
func (c ConflictField) Differs() bool { return c.Mine != c.Theirs }

// TaskList is the wizard's first page: what is done, what is missing, in any order.
type TaskList struct {
	Groups      []TaskGroup
	Done, Total int
}

// TaskGroup is a numbered part of the list.
type TaskGroup struct {
	Title string
	Tasks []Task
}

// Task is one page of the wizard. Without Href it can't be opened yet and Note says why.
type Task struct {
	Label, Href, Note string
	Status            string // 已完成, 未开始, 有 2 处要改, 暂不能填
	Tone              Tone
}

// Steps shows where a case stands.
type Steps struct {
	Label string
	Items []Step
}

// Step is one station; State is "done", "now", "todo" or "fail".
type Step struct {
	Label, Note string
	State       string
}

// Word is the state for those who do not see colour.
func (s Step) Word() string {
	switch s.State {
	case "done":
		return "已完成"
	case "now":
		return "进行中"
	case "fail":
		return "未通过"
	}
	return "未开始"
}

// Place is the number of the present station, counted from 1.
func (s Steps) Place() int {
	for i, it := range s.Items {
		if it.State == "now" || it.State == "fail" {
			return i + 1
		}
	}
	return len(s.Items)
}

// Timeline is the visible history of state changes, newest first.
type Timeline struct {
	Events []Event
}

// Event is one entry of a history.
type Event struct {
	At    time.Time
	Who   string
	What  string
	Note  string
	Tone  Tone
	Href  string
	Files []FileItem
}

// Thread is a talk between two sides.
type Thread struct {
	Messages []Message
	Empty    Empty
}

// Message is one post; System marks what the market itself notes (terms proposed, deal agreed).
type Message struct {
	Who, Org string
	At       time.Time
	Body     string
	Files    []FileItem
	Mine     bool
	System   bool
}

// Clock says in words and dates how long is left.
type Clock struct {
	Tone  Tone
	Left  string // 还剩 6 个工作日
	Notes string // 目标 5 月 5 日；法定期限 5 月 10 日。补正期间不计时。
}

// Progress is a bar with words; Total 0 draws an indeterminate bar.
type Progress struct {
	Label       string
	Done, Total int
	Note        string
	Poll        string // address asked every 2 s by htmx while unfinished
}

// Percent is the whole percentage done.
func (p Progress) Percent() int {
	if p.Total <= 0 {
		return 0
	}
	return min(100, p.Done*100/p.Total)
}

// Dialog asks for a reason in place, where scripts run; the action that names its ID in Action.Dialog also has an Href
// that shows the same form as a page.
type Dialog struct {
	ID, Title, Text string
	Form            Form
}

// Digest is a hash, number or key in fixed pitch with a copy button. ID is unique on the page.
type Digest struct {
	ID           string
	Label, Value string
	Note         string
}
