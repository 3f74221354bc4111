// Package stored keeps the form of JSON contents in the contents: what is written says by which version of its Go type it was
// written, so that a later program can bring an older content up to date and this one does not misread a newer one.
//
// The version is a number "schema" at the top of the object. It stands only in the database: pages, API and the documents that
// are signed or hashed are made from the Go types and do not have it.
package stored

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"techmarket/internal/foundation/fault"
)

// Versioned is a type whose values are stored as JSON objects. Its method has a value receiver and needs no value.
type Versioned interface {
	// SchemaVersion is the form this program writes, 1 or more.
	SchemaVersion() int
}

// Upgrader is a Versioned type that has had other forms.
type Upgrader interface {
	// UpgradeSchema turns an object of an older form into the present one. Needs no value, like SchemaVersion.
	UpgradeSchema(raw []byte, from int) ([]byte, error)
}

const key = `"schema":`

// Marshal is json.Marshal; an object of a Versioned type begins with its version.
func Marshal(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	kind := versioned(v)
	if err != nil || kind == nil || len(raw) == 0 || raw[0] != '{' {
		return raw, err
	}
	version, err := json.Marshal(kind.SchemaVersion())
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(raw)+len(key)+len(version)+2)
	out = append(append(append(out, '{'), key...), version...)
	if len(raw) > len("{}") {
		out = append(out, ',')
	}
	return append(out, raw[1:]...), nil
}

// Unmarshal is json.Unmarshal; the content of a Versioned type is first brought to this program's form. A content without a
// version is of the first form. Fault: Unavailable content_newer when a newer program wrote it.
func Unmarshal(raw []byte, v any) error {
	kind := versioned(v)
	if kind == nil {
		return json.Unmarshal(raw, v)
	}
	from, err := version(raw)
	if err != nil {
		return err
	}
	now := kind.SchemaVersion()
	if from > now {
		return fault.Newf(fault.Unavailable, "content_newer",
			"这项内容由更新版本的系统保存（格式 %d，现在的版本只认到 %d），打不开。请联系系统管理员升级后再打开。", from, now)
	}
	if old, ok := kind.(Upgrader); ok && from < now {
		if raw, err = old.UpgradeSchema(raw, from); err != nil {
			return err
		}
	}
	return json.Unmarshal(raw, v)
}

// version reads the version of an object, 1 where it has none. It looks for the one key at the top without parsing the rest,
// which would add half again to the reading of every listing.
func version(raw []byte) (int, error) {
	if !bytes.Contains(raw, []byte(key)) {
		return 1, nil
	}
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if depth == 1 && bytes.HasPrefix(raw[i:], []byte(key)) {
				return number(raw[i+len(key):])
			}
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
		}
	}
	return 1, nil
}

// number reads the number at the beginning of raw.
func number(raw []byte) (n int, err error) {
	raw = bytes.TrimLeft(raw, " ")
	end := bytes.IndexAny(raw, ",} ")
	if end < 0 {
		end = len(raw)
	}
	if n, err = strconv.Atoi(string(raw[:end])); err != nil || n < 1 {
		return 0, fmt.Errorf("stored content: %q is no schema version", raw[:end])
	}
	return n, nil
}

// versioned looks through pointers for a Versioned type; nil when v is of another.
func versioned(v any) Versioned {
	t := reflect.TypeOf(v)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || !t.Implements(reflect.TypeFor[Versioned]()) || t.Kind() == reflect.Interface {
		return nil
	}
	return reflect.Zero(t).Interface().(Versioned)
}
