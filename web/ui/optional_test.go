package ui_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A field whose own hint says that it is needed in some case never says （选填）: it is marked Sometimes or Required beside the hint.
func TestFields_WhoseHintDemandsThemAreNotOptional(t *testing.T) {
	t.Parallel()
	demands := regexp.MustCompile(`Hint[^\n]{0,12}"[^"\n]*(必填|必须写明)`)
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := strings.Split(string(source), "\n")
		for i, line := range lines {
			if !demands.MatchString(line) {
				continue
			}
			seen++
			if near := strings.Join(lines[max(0, i-2):i+1], "\n"); !strings.Contains(near, "Sometimes") && !strings.Contains(near, "Required") {
				t.Errorf("%s:%d says （选填） and 必填 of one field: %s", path, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 4 {
		t.Errorf("only %d hints were found: look again how they are written", seen)
	}
}
