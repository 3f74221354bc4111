package challenge

import (
	"cmp"
	"slices"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Rules of elimination and of what is not paid at a node.
const (
	KeepPassMark = "pass_mark" // all who reach the mark go on
	KeepBest     = "keep_best" // of them, the best Keep
	UnpaidRest   = "rest"      // shared by those who passed and stay
	UnpaidBack   = "back"      // stays in the purse
)

// Choices of the asker when too few teams came.
const (
	ChooseSingle = "single"
	ChooseExtend = "extend"
)

// What a row of a node is.
const (
	RowScore    = "score"
	RowPostpone = "postpone"
)

// Row is a score that the tester gave, or a postponement that a team asked for.
type Row struct {
	Event  string   `json:"event" words:"score postpone"`
	Team   string   `json:"team"`
	On     fact.Day `json:"on"`
	Score  int      `json:"score" when:"event=score"`
	To     fact.Day `json:"to" when:"event=postpone"`
	Agreed bool     `json:"agreed" when:"event=postpone"`
}

// Node is a measured step with the tranche for each team that passes it.
type Node struct {
	ID        string    `json:"id"`
	Due       fact.Day  `json:"due"`
	GraceDays int       `json:"grace_days" min:"0"`
	Tranche   money.Fen `json:"tranche" min:"0"`
	Results   []Row     `json:"results"`
}

// Claim asks for money of a node.
type Claim struct {
	ID     string    `json:"id"`
	Team   string    `json:"team"`
	Node   string    `json:"node"`
	Amount money.Fen `json:"amount" min:"0"`
	On     fact.Day  `json:"on"`
}

// Race is a race with all its rows; Teams are the eligible ones, Extended tells that the call was extended once.
type Race struct {
	Purse    money.Fen `json:"purse" min:"0"`
	MinTeams int       `json:"min_teams" min:"0"`
	MaxTeams int       `json:"max_teams" min:"0"`
	PassMark int       `json:"pass_mark"`
	Rule     string    `json:"rule" words:"pass_mark keep_best"`
	Keep     *int      `json:"keep" min:"1"`
	Unpaid   string    `json:"unpaid" words:"rest back"`
	Teams    []string  `json:"teams"`
	Extended bool      `json:"extended"`
	Choice   *string   `json:"choice" words:"single extend"`
	AsOf     fact.Day  `json:"as_of"`
	Nodes    []Node    `json:"nodes"`
	Claims   []Claim   `json:"claims"`
}

// Check wants a number to keep where the best are kept.
func (r Race) Check() (key string, why fault.Sentence) {
	if r.Rule == KeepBest && r.Keep == nil {
		return "keep", "择优须给出保留队数"
	}
	return "", ""
}

// Openings: what the applications came to.
const (
	OpenVoid     = "void"
	OpenSingle   = "single"
	OpenExtended = "extended"
	AskSingle    = "choose_single"
	AskEither    = "choose_extend_or_single"
	OpenTooMany  = "too_many"
	OpenRace     = "race"
)

// Opening says what the number of eligible teams comes to. A call is extended at most once.
func (r Race) Opening() string {
	choice := ""
	if r.Choice != nil {
		choice = *r.Choice
	}
	switch n := len(r.Teams); {
	case n == 0:
		return OpenVoid
	case n > r.MaxTeams:
		return OpenTooMany
	case n >= r.MinTeams:
		return OpenRace
	case choice == ChooseSingle:
		return OpenSingle
	case r.Extended:
		return AskSingle
	case choice == ChooseExtend:
		return OpenExtended
	default:
		return AskEither
	}
}

// Running tells whether nodes are measured and paid.
func (r Race) Running() bool { return r.Opening() == OpenRace || r.Opening() == OpenSingle }

// Code says why a postponement or claim is refused.
type Code string

// Refusals of a postponement and of a claim, each in the order in which they are looked for.
const (
	UnknownTeam        Code = "unknown_team"
	NotAgreed          Code = "not_agreed"
	SecondPostponement Code = "second_postponement"
	TooLate            Code = "too_late"
	NotLater           Code = "not_later"

	NotRunning  Code = "not_running"
	UnknownNode Code = "unknown_node"
	NotMeasured Code = "not_measured"
	NotPassed   Code = "not_passed"
	OverTranche Code = "over_tranche"
	OverPurse   Code = "over_purse"
)

// Postponement is a judged one; Code nil means granted.
type Postponement struct {
	Node string `json:"node"`
	Team string `json:"team"`
	Code *Code  `json:"code"`

	on, to fact.Day
}

// Postponements judges all of them, node by node in listed order. A granted one is the only one of that team at that node.
func (r Race) Postponements() []Postponement {
	var all []Postponement
	for _, n := range r.Nodes {
		granted := map[string]bool{}
		for _, row := range n.Results {
			if row.Event != RowPostpone {
				continue
			}
			p := Postponement{Node: n.ID, Team: row.Team, on: row.On, to: row.To}
			if code := r.postpone(n, row, granted[row.Team]); code != "" {
				p.Code = &code
			} else {
				granted[row.Team] = true
			}
			all = append(all, p)
		}
	}
	return all
}

func (r Race) postpone(n Node, row Row, before bool) Code {
	switch {
	case !slices.Contains(r.Teams, row.Team):
		return UnknownTeam
	case !row.Agreed:
		return NotAgreed
	case before:
		return SecondPostponement
	case row.On > n.Due:
		return TooLate
	case row.To <= n.Due:
		return NotLater
	default:
		return ""
	}
}

// Results of a team at a node.
const (
	Passed     = "passed"
	PassedLate = "passed_late" // full money
	Failed     = "failed"
	Open       = "open"
	Out        = "out"
)

// TeamResult is how a team stands at a node and what it may be paid there.
type TeamResult struct {
	Team    string    `json:"team"`
	Result  string    `json:"result"`
	Payable money.Fen `json:"payable"`

	score int
	on    fact.Day // of the score
}

func (t TeamResult) passed() bool { return t.Result == Passed || t.Result == PassedLate }

// NodeResult are all teams at a node, in listed order.
type NodeResult struct {
	ID      string       `json:"id"`
	Results []TeamResult `json:"results"`
}

// Eliminated is a team that left at a node.
type Eliminated struct {
	Team string `json:"team"`
	Node string `json:"node"`
}

// Standing is the race with what is known on a day.
func (r Race) Standing(day fact.Day) ([]NodeResult, []Eliminated) {
	var nodes []NodeResult
	var gone []Eliminated
	out, open := map[string]bool{}, map[string]bool{}
	left := r.Purse
	postponed := r.Postponements()
	for _, n := range r.Nodes {
		results := make([]TeamResult, len(r.Teams))
		for i, team := range r.Teams {
			switch t := &results[i]; {
			case out[team]:
				*t = TeamResult{Team: team, Result: Out}
			case open[team]:
				*t = TeamResult{Team: team, Result: Open}
			default:
				*t = r.measure(n, team, dueOf(n, team, postponed, day), day)
				open[team] = t.Result == Open
			}
		}
		leaving := r.leave(results)
		for _, team := range leaving {
			out[team] = true
			gone = append(gone, Eliminated{team, n.ID})
		}
		left -= r.pay(n, results, leaving, left)
		nodes = append(nodes, NodeResult{n.ID, results})
	}
	return nodes, gone
}

// dueOf is the day of a node for a team: a postponement that was granted by that day replaces it.
func dueOf(n Node, team string, postponed []Postponement, day fact.Day) fact.Day {
	for _, p := range postponed {
		if p.Node == n.ID && p.Team == team && p.Code == nil && p.on <= day {
			return p.to
		}
	}
	return n.Due
}

// measure looks at the first score that is known; without one the node fails when the grace is over.
func (r Race) measure(n Node, team string, due, day fact.Day) TeamResult {
	t := TeamResult{Team: team, Result: Open}
	last := due + fact.Day(n.GraceDays)
	if day > last {
		t.Result = Failed
	}
	for _, row := range n.Results {
		if row.Event != RowScore || row.Team != team || row.On > day {
			continue
		}
		t.score, t.on = row.Score, row.On
		switch {
		case row.Score < r.PassMark || row.On > last:
			t.Result = Failed
		case row.On <= due:
			t.Result = Passed
		default:
			t.Result = PassedLate
		}
		break
	}
	return t
}

func nobodyOpen(results []TeamResult) bool {
	return !slices.ContainsFunc(results, func(t TeamResult) bool { return t.Result == Open })
}

// leave are the teams that a node eliminates: the failed in listed order, then those cut, best first.
func (r Race) leave(results []TeamResult) []string {
	var leaving []string
	var stay []TeamResult
	for _, t := range results {
		switch {
		case t.Result == Failed:
			leaving = append(leaving, t.Team)
		case t.passed():
			stay = append(stay, t)
		}
	}
	if r.Rule == KeepBest && nobodyOpen(results) && len(stay) > *r.Keep {
		slices.SortStableFunc(stay, func(a, b TeamResult) int { return cmp.Or(b.score-a.score, int(a.on-b.on)) })
		for _, t := range stay[*r.Keep:] {
			leaving = append(leaving, t.Team)
		}
	}
	return leaving
}

// pay sets what each team may be paid at a node and returns the sum, which never exceeds what earlier nodes leave of the purse.
func (r Race) pay(n Node, results []TeamResult, leaving []string, left money.Fen) money.Fen {
	var payees, heirs []int
	for i, t := range results {
		if t.passed() {
			results[i].Payable = n.Tranche
			payees = append(payees, i)
			if !slices.Contains(leaving, t.Team) {
				heirs = append(heirs, i)
			}
		}
	}
	if r.Unpaid == UnpaidRest && len(heirs) > 0 && nobodyOpen(results) {
		rest := n.Tranche * money.Fen(len(results)-len(payees))
		equal := make([]int64, len(heirs))
		for i := range equal {
			equal[i] = 1
		}
		for i, part := range fact.Split(rest, equal) {
			results[heirs[i]].Payable += part
		}
	}
	var sum money.Fen
	for _, i := range payees {
		sum += results[i].Payable
	}
	if sum <= left {
		return sum
	}
	over := left
	for _, i := range payees {
		results[i].Payable = fact.Floor(results[i].Payable, int64(left), int64(sum))
		over -= results[i].Payable
	}
	for _, i := range payees[:over] {
		results[i].Payable++
	}
	return left
}

// Account is what was paid out so far.
type Account struct {
	Paid money.Fen
	to   map[[2]string]money.Fen // by team and node
}

// Claim judges one on its day and books it where it is granted; the code is "" then. Money once paid is kept.
func (r Race) Claim(a *Account, c Claim) Code {
	if !r.Running() {
		return NotRunning
	}
	team := slices.Index(r.Teams, c.Team)
	if team < 0 {
		return UnknownTeam
	}
	node := slices.IndexFunc(r.Nodes, func(n Node) bool { return n.ID == c.Node })
	if node < 0 {
		return UnknownNode
	}
	nodes, _ := r.Standing(c.On)
	paid := a.to[[2]string{c.Team, c.Node}]
	switch t := nodes[node].Results[team]; {
	case t.Result == Open:
		return NotMeasured
	case !t.passed():
		return NotPassed
	case paid+c.Amount > t.Payable:
		return OverTranche
	case a.Paid+c.Amount > r.Purse:
		return OverPurse
	}
	if a.to == nil {
		a.to = map[[2]string]money.Fen{}
	}
	a.Paid += c.Amount
	a.to[[2]string{c.Team, c.Node}] = paid + c.Amount
	return ""
}

// ClaimResult is a judged claim; Code nil means granted.
type ClaimResult struct {
	ID   string `json:"id"`
	Code *Code  `json:"code"`
}

// RaceResult is how a race stands.
type RaceResult struct {
	Opening       string         `json:"opening"`
	Nodes         []NodeResult   `json:"nodes"`
	Eliminated    []Eliminated   `json:"eliminated"`
	Postponements []Postponement `json:"postponements"`
	Claims        []ClaimResult  `json:"claims"`
	Paid          money.Fen      `json:"paid"`
	Left          money.Fen      `json:"left"`
}

// Judge says how a race stands on its day and judges every postponement and claim.
func Judge(r Race) RaceResult {
	out := RaceResult{Opening: r.Opening()}
	if r.Running() {
		out.Nodes, out.Eliminated = r.Standing(r.AsOf)
		out.Postponements = r.Postponements()
	}
	var a Account
	for _, c := range r.Claims {
		result := ClaimResult{ID: c.ID}
		if code := r.Claim(&a, c); code != "" {
			result.Code = &code
		}
		out.Claims = append(out.Claims, result)
	}
	out.Paid, out.Left = a.Paid, r.Purse-a.Paid
	return out
}
