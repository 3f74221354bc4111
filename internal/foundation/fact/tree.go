package fact

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"techmarket/internal/foundation/fault"
)

type kind byte

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindText
	kindList
	kindObject
)

// node is a JSON value as it stands in the line. encoding/json forgets doubled keys and reads keys in any case; this does neither.
type node struct {
	kind     kind
	text     string   // of a text or number, "true" or "false"
	keys     []string // of an object, beside kids
	kids     []node
	from, to int // where it stands in the line
}

func (n node) member(key string) (node, bool) {
	for i, k := range n.keys {
		if k == key {
			return n.kids[i], true
		}
	}
	return node{}, false
}

func bad(path, code string, why fault.Sentence, params ...any) error {
	var f fault.Fields
	f.Addf(path, code, why, params...)
	return f.Err()
}

// parse reads a line that must be exactly one JSON object.
func parse(line []byte) (node, error) {
	if !utf8.Valid(line) {
		return node{}, bad("-", "json", "不是 UTF-8 文本")
	}
	if !json.Valid(line) {
		return node{}, bad("-", "json", "不是一个完整的 JSON 对象，或对象之后还有内容")
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	top, err := value(dec, line, "")
	if err == nil && top.kind != kindObject {
		err = bad("-", "json", "不是一个 JSON 对象")
	}
	return top, err
}

// value reads the next value of a text that is known to be valid JSON.
func value(dec *json.Decoder, line []byte, path string) (node, error) {
	from := int(dec.InputOffset())
	tok, err := dec.Token()
	if err != nil {
		return node{}, bad(at(path), "json", "不是 JSON")
	}
	n := node{from: from + bytes.IndexAny(line[from:], `{["-0123456789tfn`)}
	switch t := tok.(type) {
	case nil:
	case bool:
		n.kind, n.text = kindBool, "false"
		if t {
			n.text = "true"
		}
	case json.Number:
		n.kind, n.text = kindNumber, t.String()
	case string:
		n.kind, n.text = kindText, t
	case json.Delim:
		n.kind = kindList
		if t == '{' {
			n.kind = kindObject
		}
		if err := n.inside(dec, line, path); err != nil {
			return n, err
		}
	}
	n.to = int(dec.InputOffset())
	return n, nil
}

func (n *node) inside(dec *json.Decoder, line []byte, path string) error {
	seen := map[string]bool{}
	for dec.More() {
		below := item(path, len(n.kids))
		if n.kind == kindObject {
			tok, err := dec.Token()
			key, ok := tok.(string)
			if err != nil || !ok {
				return bad(at(path), "json", "不是 JSON")
			}
			below = join(path, key)
			if seen[key] {
				return bad(below, "double_key", "键重复")
			}
			seen[key] = true
			n.keys = append(n.keys, key)
		}
		kid, err := value(dec, line, below)
		if err != nil {
			return err
		}
		n.kids = append(n.kids, kid)
	}
	if _, err := dec.Token(); err != nil {
		return bad(at(path), "json", "不是 JSON")
	}
	return nil
}
