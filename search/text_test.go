package search

import (
	"strings"
	"testing"
)

func TestAProblemIsToldFromKeywords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":        false,
		"高炉煤气 脱硫": false,
		"高炉煤气，脱硫": false,
		"稀土永磁电机的退磁和回收利用技术":                                   false,
		"rare earth permanent magnet motor for wind power":   false,
		"钢丝磷化污染大，想换一种不用磷化的表面处理，成型效果不能变差":                     true,
		strings.Repeat("高炉煤气干法精脱硫", 5):                       true,
		"dust;" + strings.Repeat(" removal of fine dust", 6): true,
	} {
		if got := IsProblem(text); got != want {
			t.Errorf("IsProblem(%q) = %v", text, got)
		}
	}
}
