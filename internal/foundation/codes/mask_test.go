package codes_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/codes"
)

func TestMask_ShowsWhichButNotWhat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mask     func(string) string
		in, want string
	}{
		{codes.MaskName, "王小明", "王**"}, {codes.MaskName, "", ""}, {codes.MaskName, "\U00020BB7田", "\U00020BB7**"},
		{codes.MaskPhone, "13847112345", "138******45"}, {codes.MaskPhone, "0471-5550123", "047******23"}, {codes.MaskPhone, "110", "***"},
		{codes.MaskPhone, "0471-5550123转801", "047*********01"}, {codes.MaskPhone, "", ""},
		{codes.MaskEmail, "zhang@example.com", "z***@example.com"}, {codes.MaskEmail, "", ""}, {codes.MaskEmail, "@x", "**"},
	} {
		if got := c.mask(c.in); got != c.want {
			t.Errorf("%q is shown as %q, want %q", c.in, got, c.want)
		}
	}
}

func TestMask_HoldsAtMostFiveDigits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		phone := rapid.StringMatching(`[0-9 +转-]{0,20}`).Draw(t, "phone")
		shown := len(strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, codes.MaskPhone(phone)))
		if shown > 5 {
			t.Fatalf("%q shows %d digits", phone, shown)
		}
	})
}
