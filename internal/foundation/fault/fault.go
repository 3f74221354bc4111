// Package fault is the one error type that crosses package borders.
//
// It owns the kinds of failure a person can meet: a stable code for programs, a Chinese sentence with its parameters for people. The
// door (web/locales) finds the words of other languages by that sentence, as it does for pages. It refuses to carry causes to the
// outside: the text of a fault never holds the wrapped error, which is logged once where the request ends.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind says what sort of failure it is; web maps each kind to one HTTP status.
type Kind string

// The kinds of failure.
const (
	Malformed    Kind = "malformed"    // the request itself can't be read: its address or query (400)
	NotAllowed   Kind = "not_allowed"  // the address takes no such method (405)
	Gone         Kind = "gone"         // it was here and was taken away for good (410)
	TooLarge     Kind = "too_large"    // more was sent than is taken (413)
	Invalid      Kind = "invalid"      // the input is wrong; Fields name where and how to mend it (400/422)
	Unauthorized Kind = "unauthorized" // nobody is signed in (401)
	Forbidden    Kind = "forbidden"    // signed in, but not allowed (403)
	NotFound     Kind = "not_found"    // absent, or not visible to this actor (404)
	Conflict     Kind = "conflict"     // the state has moved on: stale version, wrong state, duplicate (409)
	TooMany      Kind = "too_many"     // throttled (429)
	Unavailable  Kind = "unavailable"  // an outside part is down; try again (503)
	Internal     Kind = "internal"     // anything else (500)
)

// Sentence is a Chinese sentence as it stands in the code, with %s and %d where its parameters go: what other languages find their own
// words by. A constant becomes one by itself, a text put together while the program runs does not, so that no sentence escapes the
// translators. A word inside a sentence that has a translation of its own (the label of a field) is a parameter of this type.
type Sentence string

// Say puts the parameters in. Without any the sentence is text: 100% is no verb.
func (s Sentence) Say(params ...any) string {
	if len(params) == 0 {
		return string(s)
	}
	said := slices.Clone(params)
	for i, p := range said {
		switch f := p.(type) { // what a reader of texts said is a part of the sentence
		case *Error:
			said[i] = f.Message
		case Field:
			said[i] = f.Message
		}
	}
	return fmt.Sprintf(string(s), said...)
}

// Field is one wrong input: its path as the form and the API name it, and the mend in Chinese.
type Field struct {
	Path    string   `json:"path"`
	Code    string   `json:"code"`
	Message string   `json:"message"` // Format with its parameters
	Format  Sentence `json:"-"`
	Params  []any    `json:"-"`
}

// At makes one wrong input.
func At(path, code string, format Sentence, params ...any) Field {
	return Field{Path: path, Code: code, Message: format.Say(params...), Format: format, Params: params}
}

// Error is a failure with a stable code and a sentence for the person.
type Error struct {
	Kind    Kind
	Code    string // stable, snake_case, e.g. "listing_not_confirmed"
	Message string // Chinese, says what to do next; never holds a cause. It is Format with its parameters
	Format  Sentence
	Params  []any
	Codes   []any // states and events of the house, of which the door makes a fuller sentence (web/ui/words)
	Fields  []Field
	Wait    time.Duration // when to ask again, of TooMany and Unavailable; 0: the door says when
	cause   error
}

// Error returns the code and the message, never the cause.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap gives the cause to errors.Is/As and to the one place that logs it.
func (e *Error) Unwrap() error { return e.cause }

// With adds the codes of a fuller sentence that only the door can say, in its order.
func (e *Error) With(codes ...any) *Error {
	e.Codes = append(e.Codes, codes...)
	return e
}

// New makes a fault.
func New(kind Kind, code string, message Sentence) *Error { return Newf(kind, code, message) }

// Newf makes a fault with parameters in its message.
func Newf(kind Kind, code string, format Sentence, params ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: format.Say(params...), Format: format, Params: params}
}

// Wrap makes a fault that keeps its cause for the log.
func Wrap(cause error, kind Kind, code string, message Sentence) *Error {
	return Wrapf(cause, kind, code, message)
}

// Wrapf is Wrap with parameters in the message.
func Wrapf(cause error, kind Kind, code string, format Sentence, params ...any) *Error {
	f := Newf(kind, code, format, params...)
	f.cause = cause
	return f
}

// In makes of a fault the one of an input: its words stand there too.
func (e *Error) In(path string) *Error {
	e.Fields = []Field{{Path: path, Code: e.Code, Message: e.Message, Format: e.Format, Params: e.Params}}
	return e
}

// SignIn is the answer to a guest where somebody must stand behind the call.
func SignIn() *Error { return New(Unauthorized, "sign_in_needed", "请先登录") }

// Stale is the conflict of somebody who changes what another person changed since it was read.
func Stale() *Error {
	return New(Conflict, "stale_version", "这份内容刚刚被别人改过。请刷新页面，核对最新内容后再操作")
}

// Words is what a person may read of an error.
func Words(err error) string {
	var f *Error
	if errors.As(err, &f) {
		return f.Message
	}
	return "没有完成"
}

// KindOf returns the kind of the first fault in the chain, Internal for any other error and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Kind
	}
	return Internal
}

// Is reports whether the chain holds a fault of that kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// HasCode reports whether the chain holds a fault with that code.
func HasCode(err error, code string) bool {
	var f *Error
	return errors.As(err, &f) && f.Code == code
}

// Fields collects wrong inputs; the zero value is ready to use.
type Fields struct{ list []Field }

// Add notes one wrong input.
func (f *Fields) Add(path, code string, message Sentence) { f.Addf(path, code, message) }

// Addf notes one wrong input with parameters in its message.
func (f *Fields) Addf(path, code string, format Sentence, params ...any) {
	f.Join(At(path, code, format, params...))
}

// Join notes wrong inputs that were found elsewhere.
func (f *Fields) Join(found ...Field) { f.list = append(f.list, found...) }

// Check adds the field unless ok holds.
func (f *Fields) Check(ok bool, path, code string, message Sentence) {
	f.Checkf(ok, path, code, message)
}

// Checkf is Check with parameters in the message.
func (f *Fields) Checkf(ok bool, path, code string, format Sentence, params ...any) {
	if !ok {
		f.Addf(path, code, format, params...)
	}
}

// Required adds the field where its text is empty or blank.
func (f *Fields) Required(path, text string, message Sentence) {
	f.Check(strings.TrimSpace(text) != "", path, "required", message)
}

// List returns the fields noted so far, in order.
func (f *Fields) List() []Field { return f.list }

// Err returns nil where nothing was noted, otherwise an Invalid fault with all fields.
func (f *Fields) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	err := Newf(Invalid, "invalid_input", "有 %d 处需要修改", len(f.list))
	err.Fields = f.list
	return err
}
