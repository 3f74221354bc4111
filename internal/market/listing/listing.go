// Package listing owns what achievements and demands share: review, publication, versions, freshness, expiry and the
// visible history. The kinds' own contents are typed in market/achievement and market/demand; here they are JSON that
// answers a few questions (see Content).
//
// It refuses to make anything public before an editor passed it and the organisation is confirmed, to change what was
// published without a new review, and to forget a version that was public.
//
// The states; everything not drawn is refused (the table is in machine.go):
//
//	         submit             publish              revise                submit
//	draft ──────────▶ submitted ────────▶ published ─────────▶ revising ──────────▶ resubmitted
//	  ▲ ◀──recall──────┘   │                 ▲  ▲ ◀──discard─────┘ ▲ ◀──recall/return───┘ │
//	  │                  return              │  └──────────────publish────────────────────┘
//	  │                    ▼                 │
//	  │                 returned ─submit▶    │ renew
//	  │                                      │
//	  └─reopen── withdrawn · closed · expired ┘ · archived
//
// published, revising and resubmitted are "live": the public sees the published content while a revision is edited and
// reviewed. From all three: withdraw, close, expire (12 months), confirm ("still true") and, after long silence with notice,
// archive.
package listing

import (
	"encoding/json"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/search"
)

// Kind is what is listed.
type Kind string

// The kinds.
const (
	Achievement Kind = "achievement" // 成果
	Demand      Kind = "demand"      // 需求
)

// Label returns the kind in Chinese.
func (k Kind) Label() string {
	if k == Demand {
		return "需求"
	}
	return "成果"
}

// Listing is one listing without its content.
type Listing struct {
	ID               int64
	Kind             Kind
	OrganisationID   int64
	OwnerAccount     int64
	State            State
	Version          int // lock: grows with every change; send back the one that was shown
	PublishedVersion int // 0 until the first publication
	Title            string
	Division         string // GB/T 2260
	Field            string // codes.Field
	ReviewerScope    string // league, or 150000, whose editor reviews
	ReturnReason     string // why the last review sent it back; empty after the next submission
	Triage           string // demand: publish, diagnose, long_term
	Origin           string // OriginLocal or OriginImport
	Sample           bool   `db:"is_sample"`
	Hidden           bool   // the organisation is suspended
	CreatedAt        time.Time
	UpdatedAt        time.Time
	SubmittedAt      *time.Time
	FirstPublishedAt *time.Time
	PublishedAt      *time.Time
	ConfirmedAt      *time.Time // last time the owner said "still true"
	RemindedAt       *time.Time // when the owner was asked to confirm, since ConfirmedAt
	DemotedAt        *time.Time // sleeping since: the owner did not answer; shown last and said so
	ExpiresAt        *time.Time
	ClosedReason     string // close: signed, solved, expired, withdrawn; withdraw: the text
}

// Origins.
const (
	OriginLocal  = "local"
	OriginImport = "import"
)

// Public reports whether everybody sees the published content.
func (l Listing) Public(now time.Time) bool {
	return l.State.Live() && !l.Hidden && l.ExpiresAt != nil && now.Before(*l.ExpiresAt)
}

// Sleeping reports whether the listing was demoted for silence.
func (l Listing) Sleeping() bool { return l.DemotedAt != nil }

// File is a file of a listing.
type File struct {
	ID      int64
	Role    string // FilePicture, FileEvidence, FileAttachment
	Caption string
}

// File roles. Pictures and attachments are public with the listing; evidence is for members and editors.
const (
	FilePicture    = "picture"
	FileEvidence   = "evidence"
	FileAttachment = "attachment"
)

// Facts are what lists, scopes and clocks need of a content.
type Facts struct {
	Title    string
	Division string
	Field    string
	Files    []File
}

// Completeness says how much of what a reader decides on is there.
type Completeness struct {
	Percent int
	Missing []Part // what would raise it, weightiest first
}

// Part is one missing part.
type Part struct {
	Path  string // of the form field
	Label string // Chinese, names the part and the mend
}

// Content is what a kind of listing must be able to say about itself. All methods are pure.
type Content[C any] interface {
	// Tidy trims texts, drops empty rows and normalises; it never changes meaning.
	Tidy() C
	// Validate checks bounds always and completeness for submission. It returns nil or an Invalid fault.
	Validate(forSubmit bool) error
	// Warnings are oddities that never block, such as check digits.
	Warnings() []fault.Field
	Completeness() Completeness
	Facts() Facts
	// ForGuest drops what only signed-in people see.
	ForGuest() C
	// Document maps a public listing for the search index.
	Document(l Listing, organisation string) search.Document
}

// Item is one listing with its content, as one reader may see it.
type Item[C any] struct {
	Listing
	Content   C       // the working content on the own desk and at review; else the published
	Published *C      // the published content where there is one
	Mine      bool    // of the reader's organisation
	Actions   []Event // what the reader may do now
}

// Rules is a kind's content behind JSON; RulesOf makes it.
type Rules struct {
	kind     Kind
	check    func(raw json.RawMessage) error
	facts    func(raw json.RawMessage) (Facts, error)
	document func(l Listing, raw json.RawMessage, organisation string) (search.Document, error)
}

// RulesOf returns the rules of kind k with content C.
func RulesOf[C Content[C]](k Kind) Rules {
	decode := func(raw json.RawMessage) (c C, err error) { err = stored.Unmarshal(raw, &c); return }
	return Rules{
		kind: k,
		check: func(raw json.RawMessage) error {
			c, err := decode(raw)
			if err != nil {
				return err
			}
			return c.Validate(true)
		},
		facts: func(raw json.RawMessage) (Facts, error) {
			c, err := decode(raw)
			if err != nil {
				return Facts{}, err
			}
			return c.Facts(), nil
		},
		document: func(l Listing, raw json.RawMessage, organisation string) (search.Document, error) {
			c, err := decode(raw)
			if err != nil {
				return search.Document{}, err
			}
			return c.Document(l, organisation), nil
		},
	}
}
