package view

import "time"

// Standing says where something stands that changes while it is read. Where Live is set, a script keeps it and the other parts true that
// the server sends there; without scripts the page shows how things stood when it was opened.
type Standing struct {
	Notice Notice
	Now    time.Time // of the server, which decides; zero: not told
	Until  time.Time // what is counted down to; zero: nothing
	Phase  string    // a change of it changes what the reader can do
	Live   string    // the address of the events; "" on what they send
	Follow bool      // the reader's own steps depend on the phase
	Field  string    // the name of a field that is filled with Value, unless the reader has typed there
	Value  string
}
