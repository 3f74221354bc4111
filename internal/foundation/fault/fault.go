// Package fault is the one error type that crosses package borders.
//
// It owns the kinds of failure a person can meet: a stable code with its parameters, and the Chinese sentence for it. The door
// (web/locales) says the same code in other languages. It refuses to carry causes to the outside: the text of a fault never
// holds the wrapped error, which is logged once where the request ends.
package fault

import (
	"errors"
	"fmt"
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

// Field is one wrong input: its path as the form and the API name it, and the mend in Chinese.
type Field struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Params  []any  `json:"-"` // of the message, for other languages
}

// Error is a failure with a stable code and a sentence for the person.
type Error struct {
	Kind    Kind
	Code    string // stable, snake_case, e.g. "listing_not_confirmed"
	Message string // Chinese, says what to do next; never holds a cause
	Params  []any  // of the message, for other languages; states and events of the house, which the door has words for
	Fields  []Field
	Wait    time.Duration // when to ask again, of TooMany and Unavailable; 0: the door says when
	cause   error
}

// Error returns the code and the message, never the cause.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap gives the cause to errors.Is/As and to the one place that logs it.
func (e *Error) Unwrap() error { return e.cause }

// With adds the parameters of a fuller sentence that only the door can say: codes of the house in its order.
func (e *Error) With(codes ...any) *Error {
	e.Params = append(e.Params, codes...)
	return e
}

// New makes a fault.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Newf makes a fault with a formatted message.
func Newf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...), Params: args}
}

// Wrap makes a fault that keeps its cause for the log.
func Wrap(cause error, kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message, cause: cause}
}

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
func (f *Fields) Add(path, code, message string) {
	f.list = append(f.list, Field{Path: path, Code: code, Message: message})
}

// Addf notes one wrong input with a formatted message.
func (f *Fields) Addf(path, code, format string, args ...any) {
	f.list = append(f.list, Field{Path: path, Code: code, Message: fmt.Sprintf(format, args...), Params: args})
}

// Check adds the field unless ok holds.
func (f *Fields) Check(ok bool, path, code, message string) {
	if !ok {
		f.Add(path, code, message)
	}
}

// Required adds the field where its text is empty or blank.
func (f *Fields) Required(path, text, message string) {
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
