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
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
)

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
	Triage           string // a code of Descriptor.Triages
	Origin           string // OriginLocal or OriginImport
	Sample           bool   `db:"is_sample"`
	Hidden           bool   // the organisation is suspended
	Anonymous        bool   // published without the organisation's name: strangers read actor.Undisclosed for it, see veiled
	CreatedAt        time.Time
	UpdatedAt        time.Time
	SubmittedAt      *time.Time
	FirstPublishedAt *time.Time
	PublishedAt      *time.Time
	NamedAt          *time.Time // last publication under the organisation's name; nil: there was none
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

// Public reports whether the listing is open on a day: everybody sees the published content then. It is the one rule; openOn
// says it in SQL, catalogue.Open to the index, which holds nothing else.
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

// Facts are what lists, scopes, clocks and deals need of a content.
type Facts struct {
	Title     string
	Lead      string // the line under the title where listings are named: in feeds and mails
	Division  string
	Field     string
	Industry  string  // a contract about the listing takes it; "" where it says nothing of the technology
	Rights    []Right // likewise
	Files     []File
	Anonymous bool   // the organisation's name is not published
	Deadline  string // 2006-01-02: the listing is public no longer than that day; "" where it sets none itself
}

// Right is one intellectual property right of a listing.
type Right struct{ Kind, Number, Title string }

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
	// Veiled drops what would tell who stands behind an anonymous listing: the contact person, the decider, the county.
	Veiled() C
	// Person is who to talk to; WithPerson is the content with another one.
	Person() Contact
	WithPerson(k Contact) C
	// Document maps a public listing for the search index. Its id and kind are set by the caller.
	Document(l Listing, organisation string) search.Document
}

// Gated is a content whose kind has a quality gate: parts that it must name before others can judge it.
type Gated interface{ Gate() []GatePart }

// GatePart is one part that the gate looks for.
type GatePart struct {
	Code  string
	Label string
	Path  string // of the form field where it belongs
	Ask   string // names the mend when it is missing
	There bool
	Quote string // the words of the text that say it, "" when a field of its own does
}

// GateOf is what the gate says of a content; nil for a kind without one.
func GateOf(content any) []GatePart {
	if g, ok := content.(Gated); ok {
		return g.Gate()
	}
	return nil
}

// GateAsksFor tells whether the gate speaks of a form field or of fields in it.
func GateAsksFor(parts []GatePart, path string) bool {
	return slices.ContainsFunc(parts, func(p GatePart) bool { return p.Path == path || strings.HasPrefix(p.Path, path+".") })
}

// Item is one listing with its content, as one reader may see it.
type Item[C any] struct {
	Listing
	Content   C       // the working content on the own desk and at review; else the published
	Published *C      // the published content where there is one
	Mine      bool    // of the reader's organisation
	Actions   []Event // what the reader may do now
}
