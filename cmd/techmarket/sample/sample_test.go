package sample

import (
	"testing"
	"time"
)

var fixedNow = time.Date(2026, 11, 23, 15, 0, 0, 0, shanghai())

func TestGenerateRuns(t *testing.T) {
	t.Parallel()
	m := Generate(Seed, fixedNow)
	t.Log(len(m.Organisations), len(m.People), len(m.Points), len(m.Achievements), len(m.Demands), len(m.Deals), len(m.Contracts))
}
