// Package fact reads and writes the stored facts from which a result can be computed again: one JSON object a line, strictly read
// into plain Go structs, and the answer in a fixed order of keys. `techmarket replay` is built on it.
//
// A rule's input is a struct with json tags. Every key is required, unknown and doubled keys are refused; these tags say more:
//
//	words:"a b"          a closed list (a string, a *string or the elements of a []string)
//	min:"0" max:"9"      bounds, both inside (a whole number; an amount in 分; its pointers and slices)
//	when:"event=a,b"     the key belongs to the object only where the sibling "event" is a or b
//
// A pointer may be null, nothing else may. Amounts are money.Fen (元 as text with two decimals), instants time.Time, days Day, exact
// decimals Dec, the table of rest days Calendar. A struct may refuse what no single key shows through Check.
//
// It has no rule of the market, and no clock.
package fact

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"techmarket/internal/foundation/fault"
)

// maxLine bounds one line, in bytes.
const maxLine = 16 << 20

// Rule computes the answer to one record; the bytes are the JSON object of its input.
type Rule func(input []byte) (answer any, err error)

// Of makes a Rule of a pure function: In is decoded by the tags of this package, Out is a struct.
func Of[In, Out any](f func(In) Out) Rule {
	return func(input []byte) (any, error) {
		var in In
		if err := Decode(input, &in); err != nil {
			return nil, err
		}
		return f(in), nil
	}
}

// Replay reads records, one JSON object a line, and writes one answer a line in the same order: "id", then the keys of the answer. A
// record is the bare input, whose id is the number of its line, or {"id", "note", "input", "expect"}, of which only "input" must be
// there. Blank lines are passed over. The first line that cannot be read ends the run: nothing is written for it, and the Invalid
// fault names the line and the key.
func Replay(r io.Reader, w io.Writer, rule Rule) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxLine)
	n := 1
	for ; in.Scan(); n++ {
		line := in.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		answer, err := answerTo(line, n, rule)
		if in.Err() != nil { // the line may be cut short
			break
		}
		if err != nil {
			return atLine(n, err)
		}
		if _, err := w.Write(answer); err != nil {
			return fmt.Errorf("replay: write: %w", err)
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fault.Newf(fault.Invalid, "line_malformed", "第 %d 行超过 %d MB，请检查文件是否每行一个 JSON 对象", n, maxLine>>20)
	} else if err != nil {
		return fmt.Errorf("replay: read: %w", err)
	}
	return nil
}

func atLine(n int, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) == 0 {
		return fmt.Errorf("replay: line %d: %w", n, err)
	}
	return fault.Newf(fault.Invalid, "line_malformed", "第 %d 行 %s：%s", n, f.Fields[0].Path, f.Fields[0])
}

func answerTo(line []byte, n int, rule Rule) ([]byte, error) {
	top, err := parse(line)
	if err != nil {
		return nil, err
	}
	id, input := strconv.Itoa(n), line
	if body, wrapped := top.member("input"); wrapped {
		for _, key := range top.keys {
			if key != "id" && key != "note" && key != "input" && key != "expect" {
				return nil, bad(key, "unknown_key", "不认识的键")
			}
		}
		if given, ok := top.member("id"); ok {
			if given.kind != kindText {
				return nil, bad("id", "malformed", "应为文本")
			}
			id = given.text
		}
		input = line[body.from:body.to]
	}
	answer, err := rule(input)
	if err != nil {
		return nil, err
	}
	return Encode(id, answer)
}
