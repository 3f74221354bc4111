package api

import (
	"encoding/json"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"
)

// What a program sends is kept without characters that show nothing, however they are written; passwords and what is no JSON stay.
func TestReadVisible_DropsWhatShowsNothing(t *testing.T) {
	t.Parallel()
	f := readVisible(huma.Format{Unmarshal: json.Unmarshal})
	for sent, want := range map[string]string{
		`{"title":"种子\u200b包衣\u202e机"}`:                                    `{"title":"种子包衣机"}`,
		"{\"title\":\"种子\u200b包衣\u202e机\",\"n\":[\"\ufeff甲\"]}":            `{"title":"种子包衣机","n":["甲"]}`,
		`{"a":12345678901234567890,"b":0.1,"c":null,"d":"\u4e2d\u00e9"}`:   `{"a":12345678901234567890,"b":0.1,"c":null,"d":"中é"}`,
		`{"password":"a\u200bb","newPassword":"\u202e","name":"a\u200bb"}`: `{"password":"a\u200bb","newPassword":"\u202e","name":"ab"}`,
		`{"ᠮ":"ᠮᠣᠩ\u180eᠭᠣᠯ","x":"👩‍🔬"}`:                                   `{"ᠮ":"ᠮᠣᠩ\u180eᠭᠣᠯ","x":"👩‍🔬"}`,
	} {
		var got, expected any
		if err := f.Unmarshal([]byte(sent), &got); err != nil {
			t.Errorf("%s: %v", sent, err)
		}
		if err := json.Unmarshal([]byte(want), &expected); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(expected, got); d != "" {
			t.Errorf("%s: %s", sent, d)
		}
	}
	var into struct{ A int64 }
	if err := f.Unmarshal([]byte(`{"A":9007199254740993,"b":"\u200b"}`), &into); err != nil || into.A != 9007199254740993 {
		t.Errorf("a large number: %d, %v", into.A, err)
	}
	for _, bad := range []string{`{"a":"\u200b"`, `{"a":1}\u200b`, "\u200b", ``} {
		if err := f.Unmarshal([]byte(bad), new(any)); err == nil {
			t.Errorf("%q is taken as JSON", bad)
		}
	}
}
