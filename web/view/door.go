package view

import "strings"

// Door is the form in which a desk reads or types the codes of people who come. With scripts it goes on without a line: it knows the
// digests of the codes, keeps what it read in the browser and hands it over later.
type Door struct {
	Form        Form
	Event       string   // what stands before the six typed letters in their digest, and names what the browser keeps
	Full, Short []string // digests of the codes, in the same order
}

// All and Typed are the digests in one attribute each.
func (d Door) All() string   { return strings.Join(d.Full, " ") }
func (d Door) Typed() string { return strings.Join(d.Short, " ") }
