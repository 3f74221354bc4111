// Package expert draws experts from the library: a pure function of inputs that are stored with its record, so that anybody who has
// them comes to the same experts (docs/rules/registers.md §7). Where the library stands is not its concern.
package expert

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Post is a time in a unit. Both days are inside; To is zero while it lasts.
type Post struct {
	Unit string    `json:"unit"`
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
}

// Candidate is an expert as the draw sees one.
type Candidate struct {
	ID     int64    `json:"id"`
	Fields []string `json:"fields"`
	Roles  []string `json:"roles"`
	Posts  []Post   `json:"posts"`
	Firms  []string `json:"firms"` // held, or with a post in
	Most   int      `json:"most"`  // times a year that the expert accepts
	Taken  int      `json:"taken"` // this year
	Paused bool     `json:"paused"`
}

// Case is what experts are drawn for.
type Case struct {
	ID       string    `json:"id"`
	Beacon   string    `json:"beacon"` // a number published before the draw, or the numbers of two officers
	On       time.Time `json:"on"`
	Field    string    `json:"field"` // "": any
	Role     string    `json:"role"`
	Parties  []string  `json:"parties"` // units and their groups
	Struck   []int64   `json:"struck"`  // named by a party, with reasons that the case keeps
	Count    int       `json:"count"`
	Reserves int       `json:"reserves"`
	PerUnit  int       `json:"perUnit"` // at most of one unit; 0: no bound
	Years    int       `json:"years"`   // that a post in a party's unit keeps an expert away
}

// Reasons why an expert is not in the pool, or was passed over.
const (
	Paused     = "paused"
	OtherField = "other_field"
	OtherRole  = "other_role"
	UsedUp     = "used_up"
	PartyUnit  = "party_unit"
	PartyFirm  = "party_firm"
	Struck     = "struck"
	UnitFull   = "unit_full"
)

// MostStruck is how many experts the parties of a case may strike out.
const MostStruck = 2

// Left is an expert who was left out, and why.
type Left struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason"`
}

// Record is everything that a draw came to.
type Record struct {
	Seed     string  `json:"seed"`  // SHA-256 in hexadecimal
	Pool     []int64 `json:"pool"`  // by id
	Out      []Left  `json:"out"`   // by id
	Order    []int64 `json:"order"` // the shuffled pool
	Passed   []Left  `json:"passed"`
	Taken    []int64 `json:"taken"`
	Reserves []int64 `json:"reserves"`
	TooSmall bool    `json:"tooSmall"` // nobody was taken: widen the field, or ask again
}

// Draw takes experts for a case. The order of the candidates does not matter.
func Draw(c Case, all []Candidate) Record {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s|%s", len(c.ID), c.ID, c.Beacon))
	r := Record{Seed: hex.EncodeToString(sum[:])}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Candidate) int { return cmp.Compare(a.ID, b.ID) })
	units := make(map[int64]string, len(all))
	for _, e := range all {
		if reason := c.avoids(e); reason != "" {
			r.Out = append(r.Out, Left{e.ID, reason})
			continue
		}
		r.Pool = append(r.Pool, e.ID)
		units[e.ID] = e.unit(c.On)
	}
	r.Order = shuffled(sum, r.Pool)
	of := map[string]int{}
	for _, id := range r.Order {
		if len(r.Taken) == c.Count && len(r.Reserves) == c.Reserves {
			break
		}
		unit := units[id]
		if c.PerUnit > 0 && unit != "" && of[unit] >= c.PerUnit {
			r.Passed = append(r.Passed, Left{id, UnitFull})
			continue
		}
		of[unit]++
		if len(r.Taken) < c.Count {
			r.Taken = append(r.Taken, id)
		} else {
			r.Reserves = append(r.Reserves, id)
		}
	}
	if len(r.Taken) < c.Count {
		r.Taken, r.Reserves, r.TooSmall = nil, nil, true
	}
	return r
}

// avoids is the reason why an expert is not in the pool, "" for none.
func (c Case) avoids(e Candidate) string {
	party := func(unit string) bool { return slices.Contains(c.Parties, unit) }
	near := func(p Post) bool {
		return party(p.Unit) && (p.To.IsZero() || !p.To.AddDate(c.Years, 0, 0).Before(c.On))
	}
	switch {
	case e.Paused:
		return Paused
	case c.Field != "" && !slices.Contains(e.Fields, c.Field):
		return OtherField
	case c.Role != "" && !slices.Contains(e.Roles, c.Role):
		return OtherRole
	case slices.ContainsFunc(e.Posts, near):
		return PartyUnit
	case slices.ContainsFunc(e.Firms, party):
		return PartyFirm
	case slices.Contains(c.Struck[:min(len(c.Struck), MostStruck)], e.ID):
		return Struck
	case e.Taken >= e.Most:
		return UsedUp
	}
	return ""
}

// unit is where the expert works on a day: of several posts the one that began last.
func (e Candidate) unit(on time.Time) string {
	var now Post
	for _, p := range e.Posts {
		if !p.From.After(on) && (p.To.IsZero() || !p.To.Before(on)) && (now.Unit == "" || p.From.After(now.From)) {
			now = p
		}
	}
	return now.Unit
}

// shuffled is a Fisher–Yates shuffle whose numbers are the blocks SHA-256(seed ‖ counter), without bias: a number in the last incomplete
// run of the range is drawn again.
func shuffled(seed [32]byte, pool []int64) []int64 {
	out := slices.Clone(pool)
	counter := uint64(0)
	below := func(n uint64) uint64 {
		for {
			block := sha256.Sum256(binary.BigEndian.AppendUint64(seed[:], counter))
			counter++
			if x := binary.BigEndian.Uint64(block[:8]); x < -n-(-n%n) || -n%n == 0 {
				return x % n
			}
		}
	}
	for i := len(out) - 1; i > 0; i-- {
		j := below(uint64(i) + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// Replace calls the first reserve that is still free for an expert who declined, did not answer or recused himself; 0: none is left.
func (r Record) Replace(called []int64) int64 {
	for _, id := range r.Reserves {
		if !slices.Contains(called, id) {
			return id
		}
	}
	return 0
}
