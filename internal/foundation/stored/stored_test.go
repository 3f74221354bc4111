package stored_test

import (
	"encoding/json"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
)

type plain struct {
	Name string `json:"name"`
}

type note struct {
	Name string         `json:"name,omitempty"`
	More map[string]any `json:"more,omitempty"`
}

func (note) SchemaVersion() int { return 1 }

// letter is in its second form: the first called the name "title".
type letter struct {
	Name string `json:"name"`
}

func (letter) SchemaVersion() int { return 2 }

func (letter) UpgradeSchema(raw []byte, _ int) ([]byte, error) {
	return []byte(strings.Replace(string(raw), `"title"`, `"name"`, 1)), nil
}

func TestMarshal_BeginsWithTheVersion(t *testing.T) {
	t.Parallel()
	var missing *note
	for _, c := range []struct {
		value any
		want  string
	}{
		{plain{"甲"}, `{"name":"甲"}`},
		{note{Name: "甲"}, `{"schema":1,"name":"甲"}`},
		{&note{Name: "甲"}, `{"schema":1,"name":"甲"}`},
		{note{}, `{"schema":1}`},
		{letter{"甲"}, `{"schema":2,"name":"甲"}`},
		{missing, `null`},
		{[]note{{Name: "甲"}}, `[{"name":"甲"}]`},
	} {
		if got, err := stored.Marshal(c.value); err != nil || string(got) != c.want {
			t.Errorf("%+v: got %s, err %v; want %s", c.value, got, err, c.want)
		}
	}
}

func TestUnmarshal_ReadsItsOwnAndOlderForms(t *testing.T) {
	t.Parallel()
	var n *note
	for _, raw := range []string{`{"name":"甲"}`, `{"schema":1,"name":"甲"}`, `{"name": "甲", "schema": 1}`, `{"more":{"schema":9},"name":"甲"}`} {
		if err := stored.Unmarshal([]byte(raw), &n); err != nil || n == nil || n.Name != "甲" {
			t.Errorf("%s: got %+v, err %v", raw, n, err)
		}
	}
	for _, raw := range []string{`{"title":"甲"}`, `{"schema":1,"title":"甲"}`, `{"schema":2,"name":"甲"}`} {
		var l letter
		if err := stored.Unmarshal([]byte(raw), &l); err != nil || l.Name != "甲" {
			t.Errorf("%s: got %+v, err %v", raw, l, err)
		}
	}
}

func TestUnmarshal_RefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	var n note
	for _, raw := range []string{`{"schema":2,"name":"甲"}`, `{"name":"a\\\"","more":{"schema":1},"schema": 2}`} {
		if err := stored.Unmarshal([]byte(raw), &n); !fault.HasCode(err, "content_newer") {
			t.Errorf("%s: got %v, want content_newer", raw, err)
		}
	}
	for _, raw := range []string{`{"schema":"x"}`, `{"schema":0}`, `{"schema":`, `{`} {
		if stored.Unmarshal([]byte(raw), &n) == nil {
			t.Errorf("%s was read", raw)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"schema":1,"name":"甲"}`))
	f.Add([]byte(`{"more":{"schema":7},"name":"\\\"schema\":2"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var top struct {
			Schema json.RawMessage `json:"schema"`
		}
		var n note
		if err := stored.Unmarshal(raw, &n); err != nil || json.Unmarshal(raw, &top) != nil {
			return
		}
		if s := string(top.Schema); s != "" && s != "1" && s != "null" && strings.Contains(string(raw), `"schema":`) {
			t.Errorf("%s was read as the first form", raw)
		}
	})
}
