package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/lang"
)

// readVisible lets a format drop characters that show nothing from the texts it reads, as the pages' forms do: a name that looks like
// another is then that other. A password is taken as it is.
func readVisible(f huma.Format) huma.Format {
	read := f.Unmarshal
	f.Unmarshal = func(body []byte, to any) error {
		seen, err := visible(body)
		if err != nil {
			return read(body, to) // which names what is wrong
		}
		return read(seen, to)
	}
	return f
}

func visible(body []byte) ([]byte, error) {
	if text := string(body); !strings.Contains(text, `\u`) && lang.Visible(text) == text {
		return body, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil || d.More() {
		return nil, fmt.Errorf("api: no JSON: %w", err)
	}
	seen, err := json.Marshal(withoutHidden(tree))
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return seen, nil
}

func withoutHidden(v any) any {
	switch v := v.(type) {
	case string:
		return lang.Visible(v)
	case []any:
		for i := range v {
			v[i] = withoutHidden(v[i])
		}
	case map[string]any:
		for name := range v {
			if !strings.HasSuffix(strings.ToLower(name), "password") {
				v[name] = withoutHidden(v[name])
			}
		}
	}
	return v
}
