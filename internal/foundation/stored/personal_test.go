package stored_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/stored"
)

// mirror is a seal that anyone can read: the text backwards, with its purpose.
type mirror struct{}

func (mirror) Seal(purpose, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return "sealed:" + purpose + ":" + turn(text), nil
}

func (mirror) Open(purpose, text string) (string, error) {
	rest, sealed := strings.CutPrefix(text, "sealed:")
	if !sealed {
		return text, nil
	}
	inside, ok := strings.CutPrefix(rest, purpose+":")
	if !ok {
		return "", errors.New("of another purpose")
	}
	return turn(inside), nil
}

func turn(text string) string {
	r := []rune(text)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

func TestCodec_SealsContactsAndNothingElse(t *testing.T) {
	t.Parallel()
	c := stored.Codec{Secrets: mirror{}}
	for _, test := range []struct{ name, in, want string }{
		{"a text", `{"phone": "123"}`, `{"phone": "sealed:content.phone:321"}`},
		{"deep in a list", `{"a":[{"email":"a@b"}]}`, `{"a":[{"email":"sealed:content.email:b@a"}]}`},
		{"a list of texts", `{"contactPhone": ["12", "34"], "n": 1.50}`,
			`{"contactPhone": ["sealed:content.contactPhone:21", "sealed:content.contactPhone:43"], "n": 1.50}`},
		{"empty stays", `{"phone":"","email":null,"contactPhone":[]}`, `{"phone":"","email":null,"contactPhone":[]}`},
		{"a value of that name", `{"kind":"phone","x":["email","phone"]}`, `{"kind":"phone","x":["email","phone"]}`},
		{"a name inside a text", `{"t":"\"phone\": \"123\""}`, `{"t":"\"phone\": \"123\""}`},
		{"a longer name", `{"phones":"1","Phone":"2"}`, `{"phones":"1","Phone":"2"}`},
	} {
		sealed, err := c.Seal([]byte(test.in))
		if err != nil || string(sealed) != test.want {
			t.Errorf("%s: %s, %v", test.name, sealed, err)
		}
		if back, err := c.Open(sealed); err != nil || string(back) != test.in {
			t.Errorf("%s opened: %s, %v", test.name, back, err)
		}
	}
	if same, err := (stored.Codec{}).Seal([]byte(`{"phone":"1"}`)); err != nil || string(same) != `{"phone":"1"}` {
		t.Errorf("without secrets: %s, %v", same, err)
	}
}

func TestCodec_ComesBackAsItWas(t *testing.T) {
	t.Parallel()
	c := stored.Codec{Secrets: mirror{}}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"phone", `"phone":"1"`, "email", `\`, `"`}))
		doc := map[string]any{"phone": text.Draw(t, "phone"), "x": map[string]any{"email": text.Draw(t, "email"),
			text.Draw(t, "name"): text.Draw(t, "value")}, "contactPhone": []any{text.Draw(t, "one"), text.Draw(t, "two")}}
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte("sealed:")) {
			t.Skip("typed by hand")
		}
		sealed, err := c.Seal(raw)
		if err != nil {
			t.Fatal(err)
		}
		back, err := c.Open(sealed)
		var was, is any
		if err != nil || json.Unmarshal(raw, &was) != nil || json.Unmarshal(back, &is) != nil || !reflect.DeepEqual(was, is) {
			t.Fatalf("%s became %s, then %s: %v", raw, sealed, back, err)
		}
	})
}

// Whatever bytes come, the walk over a document ends.
func FuzzCodec(f *testing.F) {
	for _, s := range []string{`{"phone":"1"}`, `"phone":`, `{"phone":["1",`, `"phone":"\`, `{"email":[[]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		sealed, err := (stored.Codec{Secrets: mirror{}}).Seal(raw)
		if err == nil {
			_, _ = (stored.Codec{Secrets: mirror{}}).Open(sealed)
		}
	})
}
