package challenge

import (
	"slices"

	"techmarket/internal/foundation/money"
)

// AppState is where an application stands.
type AppState string

// The states of an application.
const (
	AppSealed     AppState = "sealed"
	AppWithdrawn  AppState = "withdrawn"
	AppOpened     AppState = "opened"
	AppBroken     AppState = "broken" // could not be opened
	AppEligible   AppState = "eligible"
	AppIneligible AppState = "ineligible"
	AppChosen     AppState = "chosen"
	AppReserve    AppState = "reserve"
	AppNotChosen  AppState = "not_chosen"
	AppContracted AppState = "contracted"
	AppDeclined   AppState = "declined"
	AppEliminated AppState = "eliminated"
	AppAccepted   AppState = "accepted"
	AppEnded      AppState = "ended" // with the challenge
)

// What an applicant does with a paper; all other steps of an application are steps of its challenge.
const (
	eventFile     Event = "file"
	eventTakeBack Event = "take_back"
)

// appMove is a line of the table of an application.
type appMove struct {
	from []AppState
	on   Event
	to   []AppState
}

// appMoves is the whole table of an application.
func appMoves() []appMove {
	return []appMove{
		{[]AppState{"", AppSealed, AppWithdrawn}, eventFile, []AppState{AppSealed}},
		{[]AppState{AppSealed}, eventTakeBack, []AppState{AppWithdrawn}},
		{[]AppState{AppSealed}, EventUnseal, []AppState{AppOpened, AppBroken}},
		{[]AppState{AppOpened}, EventScreen, []AppState{AppEligible, AppIneligible}},
		{[]AppState{AppEligible}, EventDecide, []AppState{AppChosen, AppReserve, AppNotChosen}},
		{[]AppState{AppEligible}, EventConfirm, []AppState{AppChosen, AppReserve, AppNotChosen}},
		{[]AppState{AppEligible}, EventNoneFit, []AppState{AppNotChosen}},
		{[]AppState{AppChosen, AppReserve, AppNotChosen}, EventNoticeOff, []AppState{AppEligible}},
		{[]AppState{AppChosen}, EventSign, []AppState{AppContracted}},
		{[]AppState{AppChosen}, EventDecline, []AppState{AppDeclined}},
		{[]AppState{AppChosen}, EventLapse, []AppState{AppDeclined}},
		{[]AppState{AppReserve}, EventDecline, []AppState{AppChosen}},
		{[]AppState{AppReserve}, EventLapse, []AppState{AppChosen}},
		{[]AppState{AppReserve}, EventSign, []AppState{AppNotChosen}},
		{[]AppState{AppContracted}, EventMeasure, []AppState{AppEliminated}},
		{[]AppState{AppContracted}, EventAccept, []AppState{AppAccepted, AppEnded}},
		{[]AppState{AppContracted}, EventTerminate, []AppState{AppEnded}},
		{[]AppState{AppContracted}, EventBreach, []AppState{AppEnded}},
	}
}

// mayBecome reports whether the table leads an application there.
func mayBecome(from AppState, on Event, to AppState) bool {
	return slices.ContainsFunc(appMoves(), func(m appMove) bool {
		return m.on == on && slices.Contains(m.from, from) && slices.Contains(m.to, to)
	})
}

// Paper is what a team hands in: it is sealed as a whole, the files with it.
type Paper struct {
	Plan     string      `json:"plan"`
	Route    string      `json:"route"`
	Team     string      `json:"team"`
	Leader   string      `json:"leader"`
	Ask      money.Fen   `json:"askFen"`   // of the purse
	Answers  []string    `json:"answers"`  // by target: the value that is promised
	Declared []bool      `json:"declared"` // by condition
	Pledges  bool        `json:"pledges"`  // no conflict, no dishonesty, nothing secret in the papers
	Files    []PaperFile `json:"files"`
}

// SchemaVersion is the form in which it is stored, see package stored.
func (Paper) SchemaVersion() int { return 1 }

// PaperFile is a file of a paper.
type PaperFile struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Body []byte `json:"-"`
}
