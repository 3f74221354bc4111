package web

import (
	"net/url"
	"strings"
	"testing"
)

func TestLocal_TakesThisSiteAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"/", "/desk", "/achievements?q=羊草&page=2#top", "/search?q=%0A%5C", "/search?next=//other.test",
		"/stats?from=2026-01-01", "/search?q=100%", "/a%20b"} {
		if got, ok := Local(address); !ok || got != address {
			t.Errorf("%q: got %q, %v", address, got, ok)
		}
	}
	for _, address := range []string{"", "desk", "//other.test", "///other.test", "/\\other.test", "\\\\other.test", "/\t/other.test",
		"/%09/other.test", "/%2509/other.test", "/%5cother.test", "/%255Cother.test", "/%2f/other.test", "/%2fother.test", "/a//b",
		"/\n/other.test", "/\r\nSet-Cookie: a=b", "/%0d%0aSet-Cookie:a", "https://other.test", "javascript:alert(1)", " /desk", "/\x00", "/%00",
		"/\u202edesk", "/\u200b/other.test", "/\xff", "/%ff/x", "/" + strings.Repeat("a", longestLocal)} {
		if got, ok := Local(address); ok {
			t.Errorf("%q: taken as %q", address, got)
		}
	}
}

// Whatever is taken leads to this site by the rules of browsers (WHATWG URL): C0 controls dropped, backslash read as slash.
func FuzzLocal(f *testing.F) {
	for _, seed := range []string{"/desk", "//h", "/%09/h", "/\\h", "/%2fh", "/a?b=//c"} {
		f.Add(seed)
	}
	here, _ := url.Parse("https://market.test/signin")
	f.Fuzz(func(t *testing.T, address string) {
		got, ok := Local(address)
		if !ok {
			return
		}
		for range 4 {
			seen := strings.Map(func(r rune) rune {
				switch {
				case r == '\\':
					return '/'
				case r == '\t' || r == '\n' || r == '\r':
					return -1
				}
				return r
			}, strings.TrimFunc(got, func(r rune) bool { return r <= ' ' }))
			to, err := here.Parse(seen)
			if err == nil && (to.Host != here.Host || to.Scheme != here.Scheme) || strings.HasPrefix(seen, "//") {
				t.Fatalf("%q leads to %q", address, seen)
			}
			path, rest, _ := strings.Cut(got, "?")
			decoded, err := url.PathUnescape(path)
			if err != nil || decoded == path {
				return
			}
			got = decoded + "?" + rest
		}
	})
}
