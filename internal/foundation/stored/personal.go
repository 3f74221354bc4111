package stored

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// Secrets seals a text for a purpose and opens it again; package vault has it.
type Secrets interface {
	Seal(purpose, text string) (string, error)
	Open(purpose, text string) (string, error)
}

// Personal is a content with how somebody is reached in it: those texts lie sealed in the database, by the names of PersonalKeys.
// Its method has a value receiver and needs no value.
type Personal interface {
	HoldsContacts()
}

// PersonalKeys are the names under which contents keep telephone numbers and mail addresses, wherever in the document.
func PersonalKeys() []string { return []string{"phone", "contactPhone", "email"} }

// Codec writes and reads contents for the database. Without secrets it leaves everything in clear: for tests alone.
type Codec struct {
	Secrets Secrets
	Purpose string // of what is sealed, before the name; "" means "content"
}

// Marshal is Marshal; the personal texts of a Personal type are sealed.
func (c Codec) Marshal(v any) ([]byte, error) {
	raw, err := Marshal(v)
	if err != nil || !personal(v) {
		return raw, err
	}
	return c.Seal(raw)
}

// Unmarshal is Unmarshal of what Marshal wrote.
func (c Codec) Unmarshal(raw []byte, v any) (err error) {
	if personal(v) {
		if raw, err = c.Open(raw); err != nil {
			return err
		}
	}
	return Unmarshal(raw, v)
}

// Seal seals the personal texts of a document, whatever its type.
func (c Codec) Seal(raw []byte) ([]byte, error) {
	if c.Secrets == nil {
		return raw, nil
	}
	return replace(raw, func(key, text string) (string, error) { return c.Secrets.Seal(c.purpose(key), text) })
}

// Open opens what Seal sealed. What is in clear stays as it is.
func (c Codec) Open(raw []byte) ([]byte, error) {
	if c.Secrets == nil || !bytes.Contains(raw, []byte(`"sealed:`)) {
		return raw, nil
	}
	return replace(raw, func(key, text string) (string, error) { return c.Secrets.Open(c.purpose(key), text) })
}

// SealText seals one text of a column of its own.
func (c Codec) SealText(purpose, text string) (string, error) {
	if c.Secrets == nil {
		return text, nil
	}
	return c.Secrets.Seal(purpose, text)
}

// OpenText opens what SealText sealed, in place.
func (c Codec) OpenText(purpose string, text *string) (err error) {
	if c.Secrets != nil {
		*text, err = c.Secrets.Open(purpose, *text)
	}
	return err
}

func (c Codec) purpose(key string) string {
	if c.Purpose == "" {
		return "content." + key
	}
	return c.Purpose + "." + key
}

// replace changes the texts that stand under a personal name, alone or in a list, and copies everything else as it is: numbers, order
// and white space stay. It reads no more of the document than it must: lists of listings pass here.
func replace(raw []byte, change func(key, text string) (string, error)) ([]byte, error) {
	var out []byte
	done := 0 // of raw is in out
	keys := PersonalKeys()
	for i := 0; i < len(raw); {
		if raw[i] != '"' {
			i++
			continue
		}
		end := textEnd(raw, i)
		at := skip(raw, end)
		if at >= len(raw) || raw[at] != ':' || !slices.Contains(keys, string(raw[i+1:max(i+1, end-1)])) {
			i = end
			continue
		}
		key := string(raw[i+1 : end-1])
		at = skip(raw, at+1)
		list := at < len(raw) && raw[at] == '['
		if list {
			at = skip(raw, at+1)
		}
		for at < len(raw) && raw[at] == '"' {
			end = textEnd(raw, at)
			var text string
			if err := json.Unmarshal(raw[at:end], &text); err != nil {
				return nil, fmt.Errorf("stored content: %w", err)
			}
			changed, err := change(key, text)
			if err != nil {
				return nil, err
			}
			if changed != text {
				quoted, err := json.Marshal(changed)
				if err != nil {
					return nil, err
				}
				out, done = append(append(out, raw[done:at]...), quoted...), end
			}
			if at = skip(raw, end); !list || at >= len(raw) || raw[at] != ',' {
				break
			}
			at = skip(raw, at+1)
		}
		i = at
	}
	if done == 0 {
		return raw, nil
	}
	return append(out, raw[done:]...), nil
}

// textEnd is the place after the JSON text that begins at i.
func textEnd(raw []byte, i int) int {
	for i++; i < len(raw) && raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(raw))
}

// skip is the place of the next byte that is no white space.
func skip(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

// personal looks through pointers for a Personal type.
func personal(v any) bool {
	t := reflect.TypeOf(v)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t != nil && t.Implements(reflect.TypeFor[Personal]())
}
