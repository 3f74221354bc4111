// Package register is the one pattern of every register: agencies, platforms, instruments, finance products, experts and specialists
// are entries with an owner, a place, a content, a state, dated grades, an origin and, for persons, a consent. What differs between
// two registers is a Descriptor; list, page, form, sheet, API and search document follow from it.
//
//	draft –submit(own)→ submitted –list(desk)→ listed –suspend(desk, job)→ suspended –resume(desk)→ listed
//	submitted –return(desk, reason), recall(own)→ draft
//	listed –submit(own)→ revised –list(desk)→ listed; –return(desk), recall(own)→ listed: the examined content stays public
//	listed, revised –lapse(job)→ lapsed –submit(own)→ submitted
//	listed, revised, suspended –withdraw(own)→ withdrawn –submit(own)→ submitted
//	listed, revised, suspended –remove(desk, reason)→ removed
//	any but removed: –consent(self), revoke(self, own, desk)→ the same state; listed: –confirm(own), grade, end_grade(desk)→ the same
//
// Consent is no state: where it ends, the card is gone at once and the count stays (docs/rules/registers.md §3).
package register

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Content is what an entry says, by the codes of its kind's fields. Every value is a list of words in the form of its type: whole
// numbers and 分 in digits, days as 2006-01-02, yes or nothing, codes.
type Content map[string][]string

// HoldsContacts: fields of the type Phone lie sealed in the database.
func (Content) HoldsContacts() {}

// SchemaVersion is the form in which it is stored, see package stored.
func (Content) SchemaVersion() int { return 1 }

// UnmarshalJSON reads a stored content, without its version.
func (c *Content) UnmarshalJSON(raw []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return err
	}
	*c = Content{}
	for code, value := range values {
		if code == "schema" {
			var version int
			if err := json.Unmarshal(value, &version); err != nil {
				return err
			}
			if version > (Content{}).SchemaVersion() {
				return fault.New(fault.Unavailable, "content_newer", "这项内容由更新版本的系统保存，现在的版本打不开。请联系系统管理员升级后再打开。")
			}
			continue
		}
		var list []string
		if err := json.Unmarshal(value, &list); err != nil {
			return err
		}
		(*c)[code] = list
	}
	return nil
}

// Text is the one value of a field, "" for none.
func (c Content) Text(code string) string {
	if v := c[code]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Int is a whole number, 0 for none.
func (c Content) Int(code string) int {
	n, _ := strconv.Atoi(c.Text(code)) // checked when it was saved
	return n
}

// Fen is an amount in 分, 0 for none.
func (c Content) Fen(code string) money.Fen {
	n, _ := strconv.ParseInt(c.Text(code), 10, 64)
	return money.Fen(n)
}

// Yes reports whether the answer is yes.
func (c Content) Yes(code string) bool { return c.Text(code) == yes }

const yes = "yes"

// Entry is one row of a register.
type Entry struct {
	ID             int64
	Kind           Kind
	OrganisationID int64
	AccountID      *int64
	Division       string
	Name           string
	Content        Content
	Listed         Content // nil before it was examined
	ListedName     string
	State          State
	Reason         string
	ValidTo        *time.Time
	NeedsConsent   bool
	ConsentAt      *time.Time
	ConsentTo      *time.Time
	ConfirmedAt    time.Time
	ListedAt       *time.Time
	Sample         bool `db:"is_sample"`
	Version        int
	CreatedAt      time.Time
	UpdatedAt      time.Time
	Identity       string
}

// Public reports whether guests see the entry on that day: it is listed, in its time, and the person wants it.
func (e Entry) Public(today time.Time) bool {
	if e.State != Listed && e.State != Revised || e.ValidTo != nil && e.ValidTo.Before(today) {
		return false
	}
	return !e.NeedsConsent || e.ConsentAt != nil && (e.ConsentTo == nil || !e.ConsentTo.Before(today))
}

// GradeKind says whether a dated row is a level somebody was raised to, or the mark of a yearly review.
type GradeKind string

// The kinds of grades.
const (
	Level GradeKind = "grade"
	Mark  GradeKind = "mark"
)

// Grade is one dated row. Both days are inside.
type Grade struct {
	ID         int64      `json:"id"`
	EntryID    int64      `json:"-"`
	Kind       GradeKind  `json:"kind"`
	Level      string     `json:"level"`
	Issuer     string     `json:"issuer"`
	Number     string     `json:"number,omitempty"`
	FromOn     time.Time  `json:"fromOn" format:"date"`
	ToOn       *time.Time `json:"toOn,omitempty" format:"date"`
	RecordedAt time.Time  `json:"recordedAt"`
}

// On reports whether the grade holds on a day.
func (g Grade) On(day time.Time) bool {
	return !g.FromOn.After(day) && (g.ToOn == nil || !g.ToOn.Before(day))
}

// FailedTwice reports whether the last two yearly marks are both among the failing ones: a person then decides about removal.
func FailedTwice(grades []Grade, failing []string) bool {
	marks := slices.DeleteFunc(slices.Clone(grades), func(g Grade) bool { return g.Kind != Mark })
	slices.SortStableFunc(marks, func(a, b Grade) int { return b.FromOn.Compare(a.FromOn) })
	if len(marks) < 2 {
		return false
	}
	return slices.Contains(failing, marks[0].Level) && slices.Contains(failing, marks[1].Level)
}

// OriginKind says how an entry came in.
type OriginKind string

// The origins. Local and imported entries are counted apart.
const (
	Typed     OriginKind = "typed"
	Imported  OriginKind = "imported"
	Harvested OriginKind = "harvested"
)

// Origin is one place an entry is from.
type Origin struct {
	Kind   OriginKind `json:"kind"`
	Source string     `json:"source"`
	At     time.Time  `json:"at"`
	rowKey string     // of the row in an imported file
}

// Happening is one row of an entry's history.
type Happening struct {
	At        time.Time
	Account   string // name, "" for the clock
	Event     Event
	FromState State
	ToState   State
	Reason    string
}
