package view

import "time"

// Stamp is the state of a certificate, readable at arm's length: its word and drawing on a field of its colour, what follows from it,
// number and time of the check. A state that is no verdict is a Notice, never a Stamp.
type Stamp struct {
	State  StampState
	Word   string // 有效
	Mean   string // one sentence of consequence
	Number string
	At     time.Time
	Sample bool
}

// StampState chooses colour and drawing; the word says the same.
type StampState string

// States of a stamp.
const (
	StampValid   StampState = "ok"
	StampChanged StampState = "changed"
	StampEnded   StampState = "ended"
	StampVoid    StampState = "void"
)
