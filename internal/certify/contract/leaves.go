package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Unsealed is the content as it leaves the market: without the sealed numbers of persons, whose masks stand beside them.
func (c Content) Unsealed() Content {
	c.CoSellers, c.Buyers = slices.Clone(c.CoSellers), slices.Clone(c.Buyers)
	for _, p := range c.parties() {
		p.IDSealed = ""
	}
	return c
}

// leafValue is one field of the document by its path.
type leafValue struct {
	path  string
	value any // string, json.Number, bool
}

// leaves lists every field of the document but the origins, sorted by path. Paths are those of the
// messages, so that a difference and a message name a field the same way.
func leaves(c Content) []leafValue {
	c = c.Unsealed()
	c.Origins = nil
	raw, err := json.Marshal(c)
	if err != nil {
		panic("contract: content does not marshal: " + err.Error()) // plain data: a programming error
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		panic("contract: content does not decode: " + err.Error())
	}
	var out []leafValue
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, child := range v {
				if path != "" {
					name = path + "." + name
				}
				walk(name, child)
			}
		case []any:
			for i, child := range v {
				walk(fmt.Sprintf("%s.%d", path, i), child)
			}
		case nil:
		default:
			out = append(out, leafValue{path, v})
		}
	}
	walk("", tree)
	slices.SortFunc(out, func(a, b leafValue) int { return strings.Compare(a.path, b.path) })
	return out
}

// Difference is one field in which two versions differ.
type Difference struct {
	Path   string `json:"path"`
	Before any    `json:"before"` // nil where the field did not exist
	After  any    `json:"after"`
}

// Diff lists the fields that differ, sorted by path: for the later of two people who edited one
// draft, and for the desk's view of a change.
func Diff(before, after Content) []Difference {
	a, b := leaves(before), leaves(after)
	var out []Difference
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].path < b[0].path:
			out = append(out, Difference{Path: a[0].path, Before: a[0].value})
			a = a[1:]
		case len(a) == 0 || b[0].path < a[0].path:
			out = append(out, Difference{Path: b[0].path, After: b[0].value})
			b = b[1:]
		default:
			if a[0].value != b[0].value {
				out = append(out, Difference{Path: a[0].path, Before: a[0].value, After: b[0].value})
			}
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// put replaces one section of the document by the section of the other. Origins of fields whose value
// changed are dropped: from then on a person answers for them.
func put(c Content, section Section, from Content) Content {
	before := c
	switch section {
	case SectionSeller:
		from.Seller.OrgID = c.Seller.OrgID
		c.Seller, c.CoSellers = from.Seller, slices.Clone(from.CoSellers)
		for i := range c.CoSellers {
			c.CoSellers[i].OrgID = 0
		}
	case SectionBuyers:
		c.Buyers = slices.Clone(from.Buyers)
		for i, b := range c.Buyers {
			c.Buyers[i].OrgID = 0 // never taken from a form: only a party that was linked stays linked
			for _, known := range before.Buyers {
				if b.Name == known.Name || b.CreditCode != "" && b.CreditCode == known.CreditCode {
					c.Buyers[i].OrgID = known.OrgID
				}
			}
		}
	case SectionElements:
		c.Elements = from.Elements
	case SectionAmounts:
		c.Technical, c.Costs = from.Technical, from.Costs
	case SectionStatement:
		c.Statement = from.Statement
	}
	origins := map[string]Origin{}
	maps.Copy(origins, c.Origins)
	for _, d := range Diff(before, c) {
		delete(origins, d.Path)
	}
	c.Origins = origins
	return c
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
