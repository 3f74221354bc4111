package annual

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/fault"
)

// State is where an edition stands.
type State string

// The states.
const (
	Draft  State = "draft"
	Frozen State = "frozen"
)

// Said is what persons have added: figures that the market does not know by the code of their line, texts by the number of their part.
type Said struct {
	Figures map[string]int64  `json:"figures"`
	Texts   map[string]string `json:"texts"`
}

// SchemaVersion is the form in which it is stored, see package stored.
func (Said) SchemaVersion() int { return 1 }

const (
	longestText = 4000 // runes of a part
	largest     = 1_000_000_000_000_00
)

// Check refuses figures that no line asks for, negative ones, and texts that are too long.
func (s Said) Check() error {
	var f fault.Fields
	for code, v := range s.Figures {
		l, ok := LineOf(code)
		f.Check(ok && l.Typed(), "figures."+code, "unknown", "这个数由合同算出，不能填写")
		f.Check(v >= 0 && v <= largest, "figures."+code, "range", "请填写不小于 0 的数")
	}
	for part, text := range s.Texts {
		f.Checkf(utf8.RuneCountInString(text) <= longestText, "texts."+part, "length", "不超过 %d 字", longestText)
	}
	return f.Err()
}

// Content is what an edition says once it is frozen.
type Content struct {
	Unit    string    `json:"unit"`
	Year    int       `json:"year"`
	Edition int       `json:"edition"`
	Figures []Figure  `json:"figures"`
	Facts   Facts     `json:"facts"`
	Said    Said      `json:"said"`
	Note    string    `json:"note"`
	AsOf    time.Time `json:"asOf"`
}

// SchemaVersion is the form in which it is stored, see package stored.
func (Content) SchemaVersion() int { return 1 }

// Digest is the SHA-256 of the content in its plain form, without the mark of its storage.
func (c Content) Digest() (string, error) {
	raw, err := json.Marshal(c)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), err
}

// Report is one edition of a unit's year.
type Report struct {
	ID             int64      `json:"id"`
	OrganisationID int64      `json:"organisationId"`
	Organisation   string     `json:"organisation"`
	Division       string     `json:"division"`
	Year           int        `json:"year"`
	Edition        int        `json:"edition"`
	State          State      `json:"state"`
	Said           Said       `json:"said"`
	Content        *Content   `json:"content"` // of a frozen edition
	Digest         string     `json:"digest"`
	Note           string     `json:"note"` // why an edition corrects the one before
	FrozenBy       string     `json:"frozenBy"`
	FrozenAt       *time.Time `json:"frozenAt"`
	Sample         bool       `json:"sample"`
	Version        int        `json:"version"`
	UpdatedAt      time.Time  `json:"updatedAt"`
}

// View is an edition with its figures: those of its content, or as the market stands now.
type View struct {
	Report
	Figures []Figure
	Facts   Facts
	Tasks   []Task // of a draft
	AsOf    time.Time
}

// Value is the figure of a line; false where nobody has said it.
func (v View) Value(code string) (int64, bool) {
	for _, f := range v.Figures {
		if f.Code == code && f.Value != nil {
			return *f.Value, true
		}
	}
	return 0, false
}

// Title names the report.
func (v View) Title() string {
	title := fmt.Sprintf("%s %d 年度科技成果转化报告", v.Organisation, v.Year)
	if v.Edition > 1 {
		title += fmt.Sprintf("（第 %d 版）", v.Edition)
	}
	return title
}
