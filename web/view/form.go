package view

// Option is a choice of a select, radio or checkbox group, or filter.
type Option struct {
	Value, Label string
	Hint         string
	Group        string // optgroup; equal neighbours are one group
	Checked      bool
	Disabled     bool
	Count        int
	HasCount     bool
}

// FieldKind says how a field is drawn.
type FieldKind string

// Field kinds. Money is an amount in Unit (元 or 万元) with an echo in words; Combo is a select that scripts
// turn into a searchable list.
const (
	TextField FieldKind = ""
	Area      FieldKind = "area"
	Select    FieldKind = "select"
	Combo     FieldKind = "combo"
	Radio     FieldKind = "radio"
	Check     FieldKind = "check"
	Date      FieldKind = "date"
	Money     FieldKind = "money"
	Number    FieldKind = "number"
	File      FieldKind = "file"
	Password  FieldKind = "password"
	Hidden    FieldKind = "hidden"
	Email     FieldKind = "email"
	Tel       FieldKind = "tel"
)

// Field is one question of a form with its label, hint and error.
type Field struct {
	Kind         FieldKind
	Name         string
	ID           string // Name when empty; several forms on one page need their own
	Label        string
	Hint         string
	Value        string
	Error        string // what is wrong and how to mend it
	Required     bool
	Sometimes    bool // submission may demand it: not marked （选填）
	Unit         string
	Width        string // "s", "m", "" for full
	Options      []Option
	Rows         int // of an Area; 4 when 0
	Max          int // characters; shown as a count when scripts run
	Autocomplete string
	InputMode    string
	Placeholder  string // an example at most; never the label
	Accept       string // of a File, ".pdf,.docx"
	Multiple     bool
	ReadOnly     bool
	List         string // id of a datalist with proposals
	Echo         string // address that answers the amount in words while typing (htmx)
	Files        []FileItem
	Chosen       []Chosen // of a File: chosen before the form was refused
	Source       string   // the words of a pasted text that the value comes from
	Phrases      []string // of an Area: text blocks to put in by a key
	Doubt        string   // the words that may say it, left to the person
}

// Chosen is a file that was chosen for a form and is not submitted yet; it goes along while it is ticked.
type Chosen struct{ ID, Name, Size string }

// Key is the id of the control, the target of error links.
func (f Field) Key() string { return pick(f.ID, f.Name) }

// Type is the input's type attribute.
func (f Field) Type() string {
	switch f.Kind {
	case Date, File, Password, Email, Tel, Hidden:
		return string(f.Kind)
	}
	return "text"
}

// Mode is the on-screen keyboard.
func (f Field) Mode() string {
	if f.InputMode != "" {
		return f.InputMode
	}
	switch f.Kind {
	case Money:
		return "decimal"
	case Number:
		return "numeric"
	}
	return ""
}

// Describe lists the ids of hint and error for aria-describedby.
func (f Field) Describe() string {
	hint, bad := "", ""
	if f.Hint != "" {
		hint = f.Key() + "-hint"
	}
	if f.Error != "" {
		bad = f.Key() + "-error"
	}
	return joinClass(bad, hint)
}

// Grouped tells whether the field is a fieldset of several controls.
func (f Field) Grouped() bool { return f.Kind == Radio || f.Kind == Check }

// Groups splits the options at changes of Group.
func (f Field) Groups() []OptionGroup {
	var out []OptionGroup
	for _, o := range f.Options {
		if n := len(out); n == 0 || out[n-1].Label != o.Group {
			out = append(out, OptionGroup{Label: o.Group})
		}
		last := &out[len(out)-1]
		last.Options = append(last.Options, o)
	}
	return out
}

// OptionGroup is a run of options under one heading.
type OptionGroup struct {
	Label   string
	Options []Option
}

// FileItem is an uploaded file.
type FileItem struct {
	Name, Href, Size, Note string
	Remove                 *Action
	Error                  string
}

// Section groups fields under a heading. Pairs that belong on one line carry Width.
type Section struct {
	ID          string // the target of an outline
	Title, Hint string
	Fields      []Field
	Inline      bool // side by side on a wide screen
}

// Form is a whole posted form with its error summary, hidden version and buttons.
type Form struct {
	ID        string
	Action    string
	Get       bool
	Multipart bool
	Autosave  bool // a script saves it as a draft while it is written
	Guard     bool // warn before leaving with unsaved text
	Errors    ErrorSummary
	Hidden    []Pair
	Sections  []Section
	Actions   []Action
	Note      string // beside the buttons: 草稿已保存 16:30
}

// NewForm is a form of one untitled section, with the error summary made from its fields.
func NewForm(action, submit string, fields ...Field) Form {
	f := Form{Action: action, Sections: []Section{{Fields: fields}}, Actions: []Action{{Label: submit}}}
	return f.Summed()
}

// Summed fills the error summary from the errors at the fields and sets Multipart when a file is asked for.
func (f Form) Summed() Form {
	f.Errors.Items = nil
	for _, s := range f.Sections {
		for _, field := range s.Fields {
			if field.Error != "" {
				f.Errors.Items = append(f.Errors.Items, Link{Label: field.Label, Note: field.Error, Href: "#" + field.Key()})
			}
			f.Multipart = f.Multipart || field.Kind == File
		}
	}
	return f
}

// ErrorSummary heads a refused form: what is kept, and a link to each field.
type ErrorSummary struct {
	Title string
	Text  string
	Items []Link // the label of a field; its note is what is wrong
}
