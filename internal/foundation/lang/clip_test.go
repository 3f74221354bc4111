package lang

import "testing"

func TestClip_KeepsToTheBoundAndShowsThatItCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"草原", 2, "草原"}, {"草原示范", 3, "草原…"}, {"", 1, ""}, {"草原", 1, "…"}} {
		if got := Clip(c.text, c.most); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.text, c.most, got, c.want)
		}
	}
}
